"""A mail server on the loopback that does what a test tells it: take, refuse, stall, or take without a word."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Lock

from aiosmtpd.controller import Controller


class Mailbox:
    """What arrived, and how to answer the next messages (``answers`` are used up in order; then all is taken)."""

    def __init__(self, *answers: str, slow_s: float = 0.0) -> None:
        self.answers = list(answers)
        self.slow_s = slow_s
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self._lock = Lock()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        with self._lock:
            answer = self.answers.pop(0) if self.answers else "250 taken"
        await asyncio.sleep(self.slow_s)
        if answer == "stall":
            await asyncio.sleep(3)
            return "451 too late"
        if answer.startswith(("250", "taken without a word")):
            with self._lock:
                self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
                self.recipients.extend(envelope.rcpt_tos)
        if answer == "taken without a word":
            server.transport.abort()
            return "421 gone"
        return answer

    def by_id(self) -> Counter[str]:
        """Count arrivals by Message-ID."""
        with self._lock:
            return Counter(message["Message-ID"] for message in self.messages)

    def wait_for(self, n: int, within_s: float = 60.0) -> bool:
        """Wait until ``n`` different messages have arrived."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            if len(self.by_id()) >= n:
                return True
            time.sleep(0.02)
        return False


def open_port() -> int:
    """Give a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listening(box: Mailbox) -> Controller:
    """Give a server for the box; start and stop it."""
    return Controller(box, hostname="127.0.0.1", port=open_port(), ready_timeout=10)
