"""Scorers behind Ray Serve: more copies of one model than one machine holds, asked over HTTP or by a handle.

    python -m models.serve_scorers --model encoder --replicas 4 --port 8100        # on this machine
    python -m models.serve_scorers --model encoder --replicas 40 --address HOST:PORT --host 0.0.0.0

`POST /` takes `{"text"}` or `{"texts"}` and answers `{"scores": […]}` in the order asked, as `suluh score` scores.
Texts that come in within a few milliseconds are scored together. It asks for no key: it listens on loopback unless it
is told otherwise, and belongs behind the service or on an inner network.
"""

import asyncio
import json
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from importlib import import_module
from ipaddress import ip_address
from typing import Any, Final

import click
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from models.archive import ArchiveError
from models.archive_answers import scorer_of
from models.archive_ray import connected
from models.artifact import ArtifactError
from models.cli import as_json
from models.score import Score

NAME: Final = "scorers"
MAX_TEXTS: Final = 256
MAX_CHARACTERS: Final = 20_000
MAX_BODY_BYTES: Final = 5_000_000

_BATCH_REQUESTS: Final = 64
_WAIT_S: Final = 0.002
_WAITING: Final = 4 * _BATCH_REQUESTS


class RequestError(ValueError):
    """A request cannot be answered; `status` is the answer's."""

    def __init__(self, why: str, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        super().__init__(why)
        self.status = status


class Replica:
    """One copy of a scorer in a process of its own."""

    def __init__(self, model: str) -> None:
        """Load the released model of that name, or the artefact in that folder."""
        _stay_on_loopback()
        scorer = scorer_of(model)
        # The first text loads the kernels, or compiles them; no request should wait for that.
        scorer.score_many(["kabar pertama hari ini"])

        async def scored(requests: list[list[str]]) -> list[list[Score]]:
            texts = [text for each in requests for text in each]
            # In a thread, so that requests are read meanwhile: the kernels release the interpreter's lock.
            answers = iter(await asyncio.to_thread(scorer.score_many, texts))
            return [[next(answers) for _ in each] for each in requests]

        self._scored = _serve().batch(scored, max_batch_size=_BATCH_REQUESTS, batch_wait_timeout_s=_WAIT_S)

    async def score(self, texts: Sequence[str]) -> list[Score]:
        """Score texts in their order; what a handle asks for."""
        answers: list[Score] = await self._scored(list(texts))
        return answers

    async def __call__(self, request: Request) -> Response:
        """Answer one request over HTTP."""
        try:
            texts = texts_of(await _body(request))
        except RequestError as error:
            problem = {"title": error.status.phrase, "status": error.status, "detail": str(error)}
            return JSONResponse(problem, error.status, media_type="application/problem+json")
        return JSONResponse({"scores": [as_json(answer) for answer in await self.score(texts)]})


def _serve() -> Any:
    """Ray Serve, loaded when it is asked for: it reads the environment then, which `connected` sets first."""
    return import_module("ray.serve")


def _stay_on_loopback() -> None:
    """Keep the port by which Serve's own processes ask a replica on loopback, where the whole of Ray is there.

    Serve opens it on every interface, without a key and for pickled content, and no setting of Serve says otherwise. A
    release of Ray that names it differently fails here, which is better than a port that nobody knows of.
    """
    internals: Any = import_module("ray.serve._private.replica")
    services: Any = import_module("ray.util")
    if ip_address(services.get_node_ip_address()).is_loopback:
        internals.add_port_to_grpc_server = partial(_bound_to_loopback, internals.add_port_to_grpc_server)


def _bound_to_loopback(bind: Callable[[Any, str], int], server: Any, address: str) -> int:
    return bind(server, f"127.0.0.1:{address.rpartition(':')[2]}")


async def _body(request: Request) -> bytes:
    if request.method != "POST":
        raise RequestError("ask with POST", HTTPStatus.METHOD_NOT_ALLOWED)
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise RequestError(f"at most {MAX_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return content


def texts_of(body: bytes) -> list[str]:
    """The texts of a request; RequestError says what is wrong with it."""
    try:
        asked: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(f"not JSON ({error})") from error
    if not isinstance(asked, dict) or len(asked.keys() & {"text", "texts"}) != 1:
        raise RequestError("give either text or texts")
    texts = asked["texts"] if "texts" in asked else [asked["text"]]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise RequestError("a text is not a text")
    if len(texts) > MAX_TEXTS or any(len(text) > MAX_CHARACTERS for text in texts):
        raise RequestError(f"at most {MAX_TEXTS} texts of at most {MAX_CHARACTERS} characters")
    return texts


@contextmanager
def serving(model: str, n_replicas: int = 1, host: str = "127.0.0.1", port: int = 8100) -> Iterator[Any]:
    """Serve a model on the cluster that is connected, one core a replica; give the handle once `host:port` answers.

    Raises ArtifactError where there is no such model.
    """
    serve = _serve()
    scorer_of(model)
    deployed: Any = serve.deployment(
        name=NAME, num_replicas=n_replicas, max_ongoing_requests=_WAITING, ray_actor_options={"num_cpus": 1}
    )(Replica)
    serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
    yield serve.run(deployed.bind(model), name=NAME, route_prefix="/")
    serve.delete(NAME)


@click.command()
@click.option("--model", default="encoder", show_default=True, help="A released model, or an artefact folder.")
@click.option("--replicas", "n_replicas", type=click.IntRange(1), default=1, show_default=True, help="Copies of it.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8100, show_default=True)
@click.option("--address", help="A Ray cluster, HOST:PORT; one of this machine's own without it.")
def main(model: str, n_replicas: int, host: str, port: int, address: str | None) -> None:
    """Serve a scorer with Ray until interrupted."""
    try:
        with connected(address, n_replicas), serving(model, n_replicas, host, port):
            click.echo(f"{model}: {n_replicas} replica(s) at http://{host}:{port}/, until interrupted")
            _until_told()
    except (ArchiveError, ArtifactError) as error:
        raise click.ClickException(str(error)) from error


def _until_told() -> None:
    """Wait for the signal of a service manager or of a terminal."""
    told = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda _signal, _frame: told.set())
    told.wait()


if __name__ == "__main__":
    main()
