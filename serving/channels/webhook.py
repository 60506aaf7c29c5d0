"""Webhooks over HTTP: one POST, no redirect, a limit on the whole of it, and never into this network.

The connection goes to the very number that was checked. The limit holds for connection and answer together, so a server
that sends a byte now and then is left like one that sends none. Nothing of the answer is kept but its code.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import httpx

from serving.desk import addresses, webhooks
from serving.desk.webhooks import Answer, Call
from serving.errors import SuluhError
from serving.settings import Settings

TIMEOUT_S = 15.0


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
            status = asyncio.run(self._post(call, target))
        except SuluhError as refused:
            error = refused.code
        except TimeoutError:
            error = f"no answer within {self.timeout_s:g} s"
        # What the library raises may repeat the address, so only the kind of it is kept.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as fault:
            error = type(fault).__name__
        return Answer(status, int((time.monotonic() - started) * 1000), error)

    async def _post(self, call: Call, target: addresses.Target) -> int:
        given = httpx.URL(call.url)
        async with asyncio.timeout(self.timeout_s):
            async with httpx.AsyncClient(timeout=self.timeout_s, trust_env=False, follow_redirects=False) as client:
                request = client.build_request(
                    "POST",
                    given.copy_with(host=target.numeric),
                    content=call.body,
                    headers={**call.headers, "host": given.netloc.decode()},
                    extensions={"sni_hostname": target.host},
                )
                response = await client.send(request, stream=True)
                await response.aclose()
                return response.status_code
