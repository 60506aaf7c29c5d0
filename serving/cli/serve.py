"""``suluh serve``: the web service."""

from __future__ import annotations

import click
import uvicorn

from serving.app import create_app
from serving.cli._shared import open_service
from serving.logs import configure


@click.command(short_help="Serve the console and the API.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--proxy-headers/--no-proxy-headers", default=False, help="Trust X-Forwarded-* of a proxy in front.")
def serve(host: str, port: int, *, proxy_headers: bool) -> None:
    """Serve the console and the API until interrupted."""
    with open_service() as service:
        settings = service.settings
    configure(settings.log_format)
    uvicorn.run(
        create_app(settings),
        host=host,
        port=port,
        proxy_headers=proxy_headers,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
