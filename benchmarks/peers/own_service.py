"""Our service for a benchmark: as `suluh serve` runs it, and two changes that say what a part of it costs.

    python -m benchmarks.peers.own_service PORT             # as it is
    python -m benchmarks.peers.own_service PORT --key KEY   # for clients without a key: it is added at the door
    python -m benchmarks.peers.own_service PORT --constant  # every score is the same and costs nothing

Its settings come from the environment, as always.
"""

import argparse
from collections.abc import Sequence

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from models.linear import LinearScorer
from models.score import Band, Reason, ReasonCode, Score
from serving.app import create_app
from serving.logs import configure
from serving.settings import Settings

_SCORE = Score(0.5, Band.ABSTAIN, tuple(Reason(ReasonCode.WORDS, "contoh", 0.1) for _ in range(5)), "constant")


def constant(_scorer: LinearScorer, texts: Sequence[str]) -> list[Score]:
    """Answer without reading."""
    return [_SCORE for _ in texts]


def with_key(app: ASGIApp, key: str) -> ASGIApp:
    """Add a key to each request."""
    header = (b"authorization", f"Bearer {key}".encode())

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["headers"].append(header)
        await app(scope, receive, send)

    return served


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--key", default="")
    parser.add_argument("--constant", action="store_true")
    asked = parser.parse_args()
    settings = Settings()
    configure(settings.log_format)
    app: ASGIApp = create_app(settings)
    if asked.constant:
        LinearScorer.score_many = constant
    uvicorn.run(
        with_key(app, asked.key) if asked.key else app,
        port=asked.port,
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
