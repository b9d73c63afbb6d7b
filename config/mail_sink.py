"""A mail server for one machine: keeps every message as a file and shows them on a page.

It listens on the loopback address only and never hands a message on.
"""

import argparse
import email
import email.policy
import html
import re
import signal
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from config.processes import LOOPBACK

SHOWN = 100
LINK = re.compile(r"https?://[^\s<>\"]+")
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Inbox</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem }}
article {{ border: 1px solid #8888; border-radius: .6rem; padding: .4rem 1rem; margin: 1rem 0 }}
h2 {{ font-size: 1.1rem; margin: .4rem 0 }} p {{ margin: .2rem 0 }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit }}
</style></head><body><main><h1>Inbox of this machine</h1>
<p>{count} messages, newest first. Nothing here leaves this machine.</p>{messages}
</main></body></html>"""
MESSAGE = """<article><h2>{subject}</h2><p>To {to}</p><p>{at}</p><pre>{body}</pre></article>"""


class Keeper:
    """Writes each message to a file of its own; the name sorts by the moment it came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002 - aiosmtpd's name
        """Keep one message; 250 only once it is on disk."""
        now = datetime.now(tz=UTC)
        path = self.folder / f"{now:%Y%m%dT%H%M%S%f}-{uuid4().hex[:8]}.eml"
        making = path.with_suffix(".making")
        content = envelope.content or b""
        making.write_bytes(content if isinstance(content, bytes) else content.encode())
        making.rename(path)
        return "250 kept"


def inbox_page(folder: Path) -> str:
    """Return the page of the newest messages, with links that can be followed."""
    paths = sorted(folder.glob("*.eml"), reverse=True)
    shown = "".join(_shown(path) for path in paths[:SHOWN])
    return PAGE.format(count=len(paths), messages=shown)


def _shown(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain", "html"))
    text = html.escape(body.get_content() if body is not None else "")
    linked = LINK.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text)
    return MESSAGE.format(
        subject=html.escape(str(message["Subject"] or "(no subject)")),
        to=html.escape(str(message["To"] or "")),
        at=html.escape(str(message["Date"] or "")),
        body=linked,
    )


def page_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return the server of the inbox page, not yet serving."""

    class Inbox(BaseHTTPRequestHandler):
        """Answers every address with the one page."""

        def do_GET(self) -> None:
            """Send the page as it is now."""
            page = inbox_page(folder).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: addresses of messages are nobody's business."""

    return ThreadingHTTPServer((LOOPBACK, port), Inbox)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    mail = Controller(Keeper(asked.folder), hostname=LOOPBACK, port=asked.smtp_port)
    mail.start()
    page = page_server(asked.folder, asked.page_port)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    done.wait()
    page.shutdown()
    mail.stop()


if __name__ == "__main__":
    main()
