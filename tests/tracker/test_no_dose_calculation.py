"""Invariant 1: nothing in the codebase calculates with an amount.

Every Python module, script and template of the project is read. The one module that may take a
number out of an amount, for the height of a line on a chart, is named here.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "config", "reminders", "tracker", "bench")
MAY_READ_A_HEIGHT = {"tracker/web/staircase.py"}

AMOUNT = re.compile(r"(^|_)amounts?$")
CALCULATES = {"abs", "divmod", "max", "min", "pow", "round", "sum", "fsum", "prod", "mean"}
CONVERTS = {"Decimal", "Fraction", "complex", "float", "int", "literal_eval"}
AGGREGATES = {"Avg", "Cast", "Max", "Min", "StdDev", "Sum", "Variance"}
FINDS = {"findall", "finditer", "fullmatch", "match", "search"}
FORBIDDEN_CALLS = CALCULATES | CONVERTS | AGGREGATES | FINDS
NUMBER_FIELD = re.compile(r"(Integer|Float|Decimal|Duration)Field$")
ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
IN_SQL = re.compile(
    r"(?i:\b(sum|avg|min|max|cast|to_number)\s*\(\s*[\w.\"]*amount\b)"
    r"|(?i:\bamount\"?\s*::\s*(numeric|decimal|real|float|double|int))"
    r"|\b(SELECT|SET|WHERE)\b.*\bamount\"?\s*[-+*/<>]",
    re.DOTALL,
)
IN_TEMPLATE = re.compile(
    r"\bamount\b[^}%]*\|\s*(add|divisibleby|floatformat|intcomma|filesizeformat|pluralize)"
    r"|{%\s*widthratio[^%]*\bamount\b|\bamount\b\s*[<>]",
)
IN_SCRIPT = re.compile(
    r"(parseFloat|parseInt|Number|Math\.\w+)\s*\([^)]*amount|\bamount\b\s*([-*/<>]|\+\s*\d)",
    re.IGNORECASE,
)


def is_amount(node: ast.AST) -> bool:
    """Return whether this expression is an amount, by the name under which it is held."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return bool(AMOUNT.search(name))
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return bool(AMOUNT.search(key))
        case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(key)), *_]):
            return bool(AMOUNT.search(key))
        case ast.Call(func=ast.Name(id="F"), args=[ast.Constant(value=str(key))]):
            return bool(AMOUNT.search(key))
    return False


def holds_amount(node: ast.AST) -> bool:
    """Return whether an amount is anywhere in this expression, or named in it as a column."""
    return any(
        is_amount(part)
        or (isinstance(part, ast.Constant) and bool(AMOUNT.search(str(part.value).split("__")[-1])))
        for part in ast.walk(node)
    )


def called(node: ast.Call) -> str:
    return getattr(node.func, "attr", None) or getattr(node.func, "id", "")


def operator_on_amount(node: ast.AST) -> bool:
    """Return whether this node adds, scales, negates or orders an amount."""
    match node:
        case ast.BinOp(left=left, op=ast.Mod()):  # a text on the left is being filled in
            return is_amount(left)
        case ast.BinOp(left=left, right=right):
            return is_amount(left) or is_amount(right)
        case ast.AugAssign(target=target, value=value):
            return is_amount(target) or is_amount(value)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            return is_amount(operand)
        case ast.Compare(left=left, ops=ops, comparators=others):
            is_ordered = any(isinstance(op, ORDER) for op in ops)
            return is_ordered and any(map(is_amount, [left, *others]))
    return False


def calculation(node: ast.AST) -> str:
    """Return what this node does with an amount that it must not; "" when nothing."""
    if operator_on_amount(node):
        return "uses an operator on an amount"
    match node:
        case ast.Call(args=args, keywords=keywords) if called(node) in FORBIDDEN_CALLS:
            given = [*args, *(keyword.value for keyword in keywords)]
            return f"calls {called(node)}() on an amount" if any(map(holds_amount, given)) else ""
        case (
            ast.Assign(targets=[target], value=ast.Call() as made)
            | ast.AnnAssign(target=target, value=ast.Call() as made)
        ) if is_amount(target) and NUMBER_FIELD.search(called(made)):
            return f"keeps an amount in a {called(made)}"
        case ast.Constant(value=str(text)) if IN_SQL.search(text):
            return "calculates with an amount in SQL"
    return ""


def calculations(source: str) -> list[str]:
    """Return each thing that a Python module does with an amount and must not, with its line."""
    return [
        f"line {getattr(node, 'lineno', '?')} {found}"
        for node in ast.walk(ast.parse(source))
        if (found := calculation(node))
    ]


def files(*suffixes: str) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in suffixes and "fonts" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_module_calculates_with_an_amount() -> None:
    read = {name_of(path): calculations(path.read_text(encoding="utf-8")) for path in files(".py")}

    assert len(read) > 50
    assert read.keys() >= {"tracker/domain/schedule.py", *MAY_READ_A_HEIGHT}
    assert {
        name: found for name, found in read.items() if found and name not in MAY_READ_A_HEIGHT
    } == {}


def test_only_pages_use_the_module_that_reads_a_height() -> None:
    users = [
        name_of(path)
        for path in files(".py")
        if re.search(r"^\s*(from|import)\b.*\bstaircase\b", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert [name for name in users if not re.match(r"tracker/(web|templatetags)/", name)] == []


@pytest.mark.parametrize(
    ("suffixes", "forbidden"), [((".html", ".txt"), IN_TEMPLATE), ((".js",), IN_SCRIPT)]
)
def test_no_template_and_no_script_calculates_with_an_amount(
    suffixes: tuple[str, ...], forbidden: re.Pattern[str]
) -> None:
    found = [
        f"{name_of(path)}: {line.strip()}"
        for path in files(*suffixes)
        for line in path.read_text(encoding="utf-8").splitlines()
        if forbidden.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "float(dose.amount)",
        "int(row['amount'])",
        "Decimal(amount)",
        "Decimal(amount.split()[0])",
        "round(dose.amount, 1)",
        "sum(dose.amount for dose in doses)",
        "max(doses, default=last.amount)",
        "max(step.amount for step in steps)",
        "new = old_amount - step_size",
        "half = dose.amount / 2",
        "total += dose.amount",
        "amount -= 5",
        "-amount",
        "if dose.amount < before.amount: warn()",
        "F('amount') + 1",
        "form.get('amount') * 2",
        "NUMBER.match(dose.amount)",
        "re.search(r'[0-9.]+', amount)",
        "doses.aggregate(Sum('amount'))",
        "doses.annotate(n=Cast('dose__amount', FloatField()))",
        "amount = models.DecimalField()",
        "amount: Field = serializers.FloatField()",
        "cursor.execute('SELECT sum(amount) FROM dose')",
        "cursor.execute('SELECT d.amount::numeric FROM dose d')",
        "cursor.execute('SELECT amount * 2 FROM dose')",
        "cursor.execute('UPDATE dose SET amount = amount - 5')",
        "amount % 2",
    ],
)
def test_a_calculation_would_be_found(source: str) -> None:
    assert calculations(source)


@pytest.mark.parametrize(
    "source",
    [
        "Occurrence(amount=dose.amount)",
        "f'{dose.wall_time} {dose.amount}'",
        "_('%s as entered') % amount",
        "_('%(amount)s at %(time)s') % {'amount': amount}",
        "if before.amount != run.amount: draw(run.amount)",
        "len(dose.amount) > 80",
        "amount = models.CharField(max_length=80)",
        "if entry.is_amount_different: what.append('amount')",
        "later = due_at + window",
        "f'amount-{row}-{column}'",
        "int(request.GET['page'])",
        "cursor.execute('INSERT INTO dose (due_at, amount) VALUES (%s, %s)')",
    ],
)
def test_passing_an_amount_on_as_it_is_would_not_be_found(source: str) -> None:
    assert calculations(source) == []


@pytest.mark.parametrize(
    ("line", "forbidden"),
    [
        ("{{ dose.amount|add:5 }}", IN_TEMPLATE),
        ("{{ dose.amount|floatformat:2 }}", IN_TEMPLATE),
        ("{% widthratio dose.amount 2 1 %}", IN_TEMPLATE),
        ("{% if dose.amount > 5 %}", IN_TEMPLATE),
        ("const left = parseFloat(dose.amount);", IN_SCRIPT),
        ("const half = amount / 2;", IN_SCRIPT),
    ],
)
def test_a_calculation_in_a_page_would_be_found(line: str, forbidden: re.Pattern[str]) -> None:
    assert forbidden.search(line)
    assert not forbidden.search('<span class="amt" dir="auto">{{ dose.amount }}</span>')
