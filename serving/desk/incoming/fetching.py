"""One GET to somebody else's server, guarded: to the very number that was checked, at each redirect anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urljoin

import httpx

from serving.desk.addresses import Target

REDIRECTS_MAX = 4
FAULTS = (httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError)
"""What asking a server raises that answers wrongly, late or not at all."""


class RedirectsError(Exception):
    """A server led on and on."""


@contextmanager
def opened(
    url: str, target_of: Callable[[str], Target], headers: Mapping[str, str], timeout_s: float
) -> Iterator[httpx.Response]:
    """Open the answer to a GET, its body still to be read.

    Args:
        url: where to begin.
        target_of: gives what to connect to for an address, or raises where it may not be asked; asked for each one.
        headers: what to send.
        timeout_s: for each wait; the whole is the caller's to bound.

    Raises:
        RedirectsError: more than ``REDIRECTS_MAX`` redirects.
        httpx.HTTPError, httpx.InvalidURL, UnicodeError, ValueError: as ``FAULTS``.
    """
    with httpx.Client(timeout=timeout_s, trust_env=False, follow_redirects=False) as client:
        for _ in range(REDIRECTS_MAX + 1):
            target, given = target_of(url), httpx.URL(url)
            request = client.build_request(
                "GET",
                given.copy_with(host=target.numeric),
                headers={**headers, "host": given.netloc.decode()},
                extensions={"sni_hostname": target.host},
            )
            response = client.send(request, stream=True)
            try:
                if response.has_redirect_location:
                    url = urljoin(url, response.headers["location"])
                    continue
                yield response
                return
            finally:
                response.close()
    raise RedirectsError
