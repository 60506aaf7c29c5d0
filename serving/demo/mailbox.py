"""A mailbox for the sample: takes e-mail by SMTP on the loopback address and keeps each message as a file.

The worker then really delivers, and nothing leaves the machine. It speaks the few verbs of RFC 5321 that senders need,
and keeps one file a Message-ID, as a real mailbox drops a message that arrives twice.
"""

from __future__ import annotations

import hashlib
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from typing import Final

LINE_MAX: Final = 4_096
MESSAGE_MAX: Final = 10_000_000
REPLIES: Final = {
    b"HELO": b"250 mailbox",
    b"EHLO": b"250 mailbox",
    b"MAIL": b"250 ok",
    b"RCPT": b"250 ok",
    b"RSET": b"250 ok",
    b"NOOP": b"250 ok",
}


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox
    timeout = 30

    def handle(self) -> None:
        self._say(b"220 mailbox")
        while line := self.rfile.readline(LINE_MAX):
            verb = line[:4].upper()
            if verb == b"QUIT":
                self._say(b"221 bye")
                return
            if verb == b"DATA":
                self._say(b"354 go on")
                self._take()
            else:
                self._say(REPLIES.get(verb, b"502 not here"))

    def _take(self) -> None:
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(LINE_MAX)) not in {b".\r\n", b".\n", b""}:
            size += len(line)
            if size <= MESSAGE_MAX:
                lines.append(line[1:] if line.startswith(b"..") else line)
        if size > MESSAGE_MAX:
            self._say(b"552 too large")
            return
        self.server.keep(b"".join(lines))
        self._say(b"250 kept")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class Mailbox(socketserver.ThreadingTCPServer):
    """A server on a free port of the loopback address; ``folder`` holds one ``.eml`` file a message."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        super().__init__(("127.0.0.1", 0), _Session)

    @property
    def url(self) -> str:
        """Where a sender reaches it."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def keep(self, raw: bytes) -> None:
        """Write one message under a name made from its Message-ID."""
        known = str(message_from_bytes(raw).get("Message-ID") or raw)
        name = hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()[:16]
        (self.folder / f"{name}.eml").write_bytes(raw)


@contextmanager
def opened(folder: Path) -> Iterator[Mailbox]:
    """Run a mailbox in a thread of its own and close it at the end."""
    with Mailbox(folder) as mailbox:
        thread = threading.Thread(target=mailbox.serve_forever, name="mailbox", daemon=True)
        thread.start()
        try:
            yield mailbox
        finally:
            mailbox.shutdown()
            thread.join(timeout=5)
