"""The same service with torch: our whole application, and the encoder answered by torch through transformers.

python -m benchmarks.peers.torch_service PORT
"""

import sys

import torch
import uvicorn
from fastapi import FastAPI

from benchmarks.peers.torch_models import our_shape
from models import artifact
from models.encoder import open_encoder
from serving.app import create_app
from serving.logs import configure
from serving.settings import Settings


def torch_app(settings: Settings) -> FastAPI:
    """Give our application with one more answer, which torch makes."""
    torch.set_num_threads(1)
    app = create_app(settings)
    encoder = open_encoder(artifact.released_folder(artifact.JUDGE))
    linear = artifact.released(artifact.QUICK)
    tokenizer, body = encoder.tokenizer, our_shape(encoder)
    del encoder

    @app.post("/torch/score")
    def score(text: str) -> list[float]:
        ids = torch.tensor([tokenizer.encode(text).ids])
        with torch.inference_mode():
            judged = body(ids, torch.ones_like(ids))[0]
        return [*judged[0].tolist(), float(linear.probabilities([text])[0])]

    return app


if __name__ == "__main__":
    served = Settings()
    configure(served.log_format)
    uvicorn.run(torch_app(served), port=int(sys.argv[1]), log_config=None, access_log=False, server_header=False)
