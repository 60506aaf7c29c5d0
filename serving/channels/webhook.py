"""Webhooks over HTTP: one POST, no redirect, a limit on the whole of it, and never into this network.

The connection goes to the very number that was checked. The limit holds for connection and answer together, so a server
that sends a byte now and then is left like one that sends none. Nothing of the answer is kept but its code.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from serving.desk import addresses, webhooks
from serving.desk.addresses import Target
from serving.desk.webhooks import Answer, Call
from serving.errors import SuluhError
from serving.settings import Settings

TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request; its headers and its body may hold a secret."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


async def exchange(outgoing: Outgoing, target: Target, timeout_s: float, read_max_bytes: int = 0) -> httpx.Response:
    """Send one request to a number that was checked, on a connection of its own, and give the answer.

    No redirect is followed. The time holds for all of it, the answer's first ``read_max_bytes`` included; what is left
    is not read.

    Raises:
        TimeoutError: it took longer.
        httpx.HTTPError: the connection was not made, or broke.
    """
    given = httpx.URL(outgoing.url)
    async with asyncio.timeout(timeout_s):
        async with httpx.AsyncClient(timeout=timeout_s, trust_env=False, follow_redirects=False) as client:
            request = client.build_request(
                outgoing.method,
                given.copy_with(host=target.numeric),
                content=outgoing.body,
                headers={**outgoing.headers, "host": given.netloc.decode()},
                extensions={"sni_hostname": target.host},
            )
            response = await client.send(request, stream=True)
            body = await _beginning(response, read_max_bytes)
            await response.aclose()
            return httpx.Response(response.status_code, headers=_of_whole(response), content=body)


def _of_whole(response: httpx.Response) -> dict[str, str]:
    """Give the headers that still hold once the body was unpacked and cut."""
    gone = {"content-encoding", "content-length", "transfer-encoding"}
    return {name: value for name, value in response.headers.items() if name not in gone}


async def _beginning(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    if max_bytes:
        async for part in response.aiter_bytes():
            body += part
            if len(body) >= max_bytes:
                break
    return bytes(body[:max_bytes])


@dataclass(frozen=True, slots=True)
class Http:
    """Carries messages over HTTP, each on a connection of its own."""

    settings: Settings
    timeout_s: float = TIMEOUT_S

    def call(self, call: Call) -> Answer:
        """Send one message and give what came of it."""
        started = time.monotonic()
        status, error = None, ""
        try:
            settings = self.settings
            target = addresses.target(
                call.url, allow_private=settings.webhooks_allow_private, schemes=webhooks.schemes(settings)
            )
            outgoing = Outgoing("POST", call.url, dict(call.headers), call.body)
            status = asyncio.run(exchange(outgoing, target, self.timeout_s)).status_code
        except SuluhError as refused:
            error = refused.code
        except TimeoutError:
            error = f"no answer within {self.timeout_s:g} s"
        # What the library raises may repeat the address, so only the kind of it is kept.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
            error = type(fault).__name__
        return Answer(status, int((time.monotonic() - started) * 1000), error)
