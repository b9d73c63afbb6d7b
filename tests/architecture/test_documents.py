"""Documentation that cannot rot: what the code reads, runs and checks is written down."""

import ast
import re
import tomllib

import yaml
from django.core.management import get_commands

from config import commands
from config.celery import app
from reminders.selectors.heartbeats import FAULTS
from tests.architecture.sources import ROOT, assert_none, read, sources

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
READERS = {"text", "integer", "flag", "choice", "words", "web_url", "redis_url", "database_url"}
# Read from the environment, but not settings of ours.
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PYTHONTZPATH"}
LOUD = {f"logger.{level}" for level in ("warning", "error", "exception", "critical")}


def variables_read() -> set[str]:
    """The names that the code asks the environment for."""
    names = set()
    chromium = read(ROOT / "tests" / "support" / "chromium.py")
    for call in [call for source in (*sources(), chromium) for call in source.calls()]:
        function = ast.unparse(call.func)
        is_reader = function in {f"env.{reader}" for reader in READERS}
        is_door = function in {"os.environ.get", "_database"}
        if call.args and isinstance(call.args[0], ast.Constant) and (is_reader or is_door):
            names.add(str(call.args[0].value))
    return names - NOT_OURS


def variables_shown() -> set[str]:
    return set(re.findall(r"^([A-Z_]+)=", EXAMPLE, flags=re.MULTILINE))


def test_every_variable_that_is_read_is_in_the_example_and_the_runbook() -> None:
    assert len(variables_read()) > 15
    assert_none(variables_read() - variables_shown())
    assert_none(name for name in variables_read() if f"`{name}`" not in OPERATIONS)


def test_every_variable_in_the_example_is_read_somewhere() -> None:
    in_compose = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT))
    assert_none(variables_shown() - variables_read() - in_compose)


def test_every_task_is_in_the_runbook() -> None:
    app.loader.import_default_modules()
    tasks = [name for name in app.tasks if not name.startswith("celery.")]

    assert sorted(tasks) == ["reminders.tasks.dispatch", "reminders.tasks.sweep"]
    assert_none(name for name in tasks if f"`{name}`" not in OPERATIONS)


def test_every_system_check_has_its_section_in_the_runbook() -> None:
    numbers = {
        node.value
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+\.[EWIDC]\d{3}", node.value)
    }
    assert "config.E001" in numbers
    assert_none(number for number in numbers if f"### {number}\n" not in OPERATIONS)


def test_every_fault_of_the_health_page_has_its_section_in_the_runbook() -> None:
    assert len(FAULTS) > 3
    assert_none(fault for fault in FAULTS if f"### {fault}\n" not in OPERATIONS)


def test_every_metric_is_in_the_runbook_with_its_section() -> None:
    names = {
        str(call.args[0].value)
        for call in read(ROOT / "reminders" / "web" / "metrics.py").calls()
        if ast.unparse(call.func) == "_gauge" and isinstance(call.args[0], ast.Constant)
    }
    rows = re.findall(r"^\| `(stepdown_\w+)`.*\[[^\]]+\]\(#[\w-]+\) \|$", OPERATIONS, re.MULTILINE)

    assert len(names) > 5
    assert set(rows) == names


def test_every_warning_and_error_in_the_logs_names_its_section_of_the_runbook() -> None:
    warned = {
        f"{source.path}:{call.lineno}": {word.arg: word.value for word in call.keywords}
        for source in sources()
        for call in source.calls()
        if ast.unparse(call.func) in LOUD
    }
    assert warned
    sections = {where: runbook_of(keywords) for where, keywords in warned.items()}
    assert_none(
        f"{where}: extra={{'runbook': {section!r}}}"
        for where, section in sections.items()
        if f"### {section}\n" not in OPERATIONS
    )


def runbook_of(keywords: dict[str | None, ast.expr]) -> str:
    """The heading that a log call names in `extra={"runbook": ...}`; '' when it names none."""
    extra = keywords.get("extra")
    if not isinstance(extra, ast.Dict):
        return ""
    named = {
        ast.unparse(key): value for key, value in zip(extra.keys, extra.values, strict=True) if key
    }
    value = named.get("'runbook'")
    return str(value.value) if isinstance(value, ast.Constant) else ""


def test_every_service_of_docker_compose_runs_a_command_that_exists() -> None:
    services = yaml.safe_load(COMPOSE_TEXT)["services"]

    assert set(services) == {"prepare", "web", "worker", "beat", "postgres", "redis"}
    program, script, command = services["prepare"]["command"]
    assert (program, script) == ("python", "manage.py")
    assert command in get_commands()
    assert services["beat"]["command"] == ["celery", *after_module(commands.beat_command())]
    worker = after_module(commands.worker_command())
    named = worker.index("--hostname")
    assert services["worker"]["command"] == ["celery", *worker[:named], *worker[named + 2 :]]
    lasting = {name: service for name, service in services.items() if name != "prepare"}
    assert_none(name for name, service in lasting.items() if "healthcheck" not in service)


def test_every_variable_of_docker_compose_is_in_the_example() -> None:
    assert_none(set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT)) - variables_shown())


def test_the_image_starts_the_same_web_server_as_make_run() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    (command,) = re.findall(r"^CMD (\[.*\])$", dockerfile, flags=re.MULTILINE)
    ours = after_module(commands.web_command(address="0.0.0.0:8000"))
    quiet = ours.index("--log-level")

    assert ast.literal_eval(command) == ["gunicorn", *ours[:quiet]]
    for copied in re.findall(r"^COPY (?!--)(\S+)", dockerfile, flags=re.MULTILINE):
        assert (ROOT / copied).exists(), copied


def test_the_locks_hold_every_dependency_with_hashes_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {re.split(r"[\[><=]", text)[0] for text in project["project"]["dependencies"]}
    for name in ("requirements.lock", "requirements-runtime.lock"):
        text = (ROOT / name).read_text()
        pins = re.findall(r"^([a-z0-9-]+)==\S+.*\\\n +--hash=sha256:", text, flags=re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[a-z]", text, flags=re.MULTILINE))
        assert_none(wanted - set(pins))
        assert "://" not in text
    runtime = versions("requirements-runtime.lock")
    assert runtime.items() <= versions("requirements.lock").items()


def versions(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def after_module(command: list[str]) -> list[str]:
    """A command line without `python -m program`."""
    return command[3:]
