"""The usual service around a scikit-learn model: FastAPI, one endpoint, types in and out, no key.

The endpoint is a coroutine, so that no thread is changed for a call that never waits; `--threads` runs the plain
function that many would write.

    python -m benchmarks.peers.sklearn_service PORT [--threads]
"""

import random
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.peers.sklearn_model import fitted
from benchmarks.stream import claims, copied

N_TRAIN = 1_500


class TextIn(BaseModel):
    """One text."""

    text: str


class ScoreOut(BaseModel):
    """Its score."""

    p_hoax: float
    label: str


def create_app(*, threads: bool) -> FastAPI:
    """Fit the model and put the endpoint around it."""
    draw = random.Random(41)
    model = fitted([copied(claim, draw) for claim in claims(N_TRAIN, draw)])
    app = FastAPI()

    def scored(body: TextIn) -> ScoreOut:
        p_hoax = float(model.predict_proba([body.text])[0, 1])
        return ScoreOut(p_hoax=p_hoax, label="hoax" if p_hoax >= 0.5 else "other")

    async def scored_at_once(body: TextIn) -> ScoreOut:
        return scored(body)

    app.post("/v1/score")(scored if threads else scored_at_once)
    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(threads="--threads" in sys.argv),
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
