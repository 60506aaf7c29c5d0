"""``suluh serve``: the web service."""

from __future__ import annotations

from typing import TypedDict

import click
import uvicorn

from serving.app import create_app
from serving.cli._shared import open_service
from serving.logs import configure
from serving.settings import Settings


class Behind(TypedDict):
    """What uvicorn is told of proxies."""

    proxy_headers: bool
    forwarded_allow_ips: str


def behind(settings: Settings) -> Behind:
    """Say whose X-Forwarded-* tell where a request comes from: nobody's, unless proxies are named.

    Without this every citizen behind a proxy has the proxy's address, and with it one bucket of requests.
    """
    return Behind(proxy_headers=bool(settings.trusted_proxies), forwarded_allow_ips=settings.trusted_proxies)


@click.command(short_help="Serve the console and the API.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
def serve(host: str, port: int) -> None:
    """Serve the console and the API until interrupted; SULUH_TRUSTED_PROXIES names the proxies in front."""
    with open_service() as service:
        settings = service.settings
    configure(settings.log_format)
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        **behind(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
