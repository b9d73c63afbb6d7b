"""The containers' health probe and the mail sink, as processes."""

import smtplib
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from config import commands
from config.mail_sink import inbox_page
from config.processes import end_group, free_port, is_port_free, wait_until
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def probe(url: str, stack: Stack) -> int:
    return subprocess.run(
        [sys.executable, "-m", "config.probe", url],
        env=stack.environment, cwd=commands.ROOT, check=False,
    ).returncode  # fmt: skip


def test_the_probe_tells_a_well_service_from_a_sick_and_an_absent_one(idle_stack: Stack) -> None:
    idle_stack.start("valkey", "web")

    assert probe(f"{idle_stack.url}/livez/", idle_stack) == 0
    assert probe(f"{idle_stack.url}/healthz/engine/", idle_stack) == 1  # nobody sweeps
    idle_stack.stop("web")
    assert probe(f"{idle_stack.url}/livez/", idle_stack) == 1


def test_the_sink_keeps_a_message_and_its_page_shows_it_with_its_link(tmp_path: Path) -> None:
    smtp_port, page_port = free_port(), free_port()
    command = commands.sink_command(smtp_port=smtp_port, page_port=page_port, folder=tmp_path)
    sink = subprocess.Popen(command, cwd=commands.ROOT, start_new_session=True)
    try:
        wait_until(lambda: not is_port_free(page_port), seconds=20)
        text = "Subject: <b>Hi</b>\r\nTo: ann@example.org\r\n\r\nOpen http://127.0.0.1/t/x/ now\r\n"
        with smtplib.SMTP("127.0.0.1", smtp_port) as smtp:
            smtp.sendmail("a@example.org", ["ann@example.org"], text)
        with urllib.request.urlopen(f"http://127.0.0.1:{page_port}/", timeout=10) as answer:
            page = answer.read().decode()
    finally:
        end_group(sink.pid)
        sink.wait()

    assert '<a href="http://127.0.0.1/t/x/">' in page
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page
    assert len(list(tmp_path.glob("*.eml"))) == 1
    assert inbox_page(tmp_path) == page
