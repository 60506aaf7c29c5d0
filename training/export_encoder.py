"""The trained encoder as one ONNX file with int8 weights, and how far its answers moved."""

import logging
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from tokenizers import Tokenizer

from models.artifact import NETWORK, TOKENIZER
from models.encoder import open_encoder
from models.encoder_scorer import hoax_logits
from training.encoder_model import Encoder
from training.fit_encoder import encoder_of, padded

_OPSET: Final = 20  # the first with Gelu as one operation
_BLOCK: Final = 64  # weights that share a scale
_ROUNDED_INT8: Final = 4  # ONNX Runtime's accuracy level: activations become int8 inside the product


@dataclass(frozen=True, slots=True)
class Parity:
    """Largest and mean change of a hoax logit, and the smallest cosine of a vector, float against int8."""

    largest_logit: float
    mean_logit: float
    smallest_cosine: float
    n: int


def export(model: Encoder, tokenizer: Tokenizer, max_tokens: int, folder: Path) -> None:
    """Write `model.onnx` (int8) and `tokenizer.json` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    tokenizer.save(str(folder / TOKENIZER))
    with tempfile.TemporaryDirectory() as unfinished:
        whole, partly = Path(unfinished) / "float.onnx", Path(unfinished) / "partly.onnx"
        _trace(model, whole)
        # The table of pieces a row at a time; the rest in blocks, rounded block by block when it is multiplied.
        quantize_dynamic(whole, partly, op_types_to_quantize=["Gather"], weight_type=QuantType.QInt8)
        quantiser = MatMulNBitsQuantizer(
            onnx.load(partly), bits=8, block_size=_BLOCK, is_symmetric=True, accuracy_level=_ROUNDED_INT8
        )
        quantiser.process()
        onnx.save(_without_origin(quantiser.model.model), folder / NETWORK)


def _without_origin(network: onnx.ModelProto) -> onnx.ModelProto:
    """`network` without the files and lines that tracing noted: equal weights are equal bytes on every machine."""
    graph = network.graph
    for part in (network, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return network


def parity(model: Encoder, folder: Path, read: Sequence[str]) -> Parity:
    """Compare the float model with what `folder` holds, on texts that are cleaned already."""
    encoder = open_encoder(folder)
    answers = encoder.run(read)
    encode = encoder_of(encoder.tokenizer, encoder.max_tokens)
    judged, vectors = [], []
    with torch.inference_mode():
        for text in read:
            ids, mask = padded((tuple(encode([text])[0]),), torch.device("cpu"))
            classes, _, vector, _ = model(ids, mask)
            judged.append(classes.numpy()[0])
            vectors.append(vector.numpy()[0])
    moved = np.abs(hoax_logits(np.array(judged)) - hoax_logits(answers.judged))
    cosines = (np.array(vectors) * answers.vectors).sum(axis=1)
    return Parity(float(moved.max()), float(moved.mean()), float(cosines.min()), len(read))


def _trace(model: Encoder, path: Path) -> None:
    ids = torch.ones((2, 7), dtype=torch.long)
    batch, length = torch.export.Dim("batch", min=1), torch.export.Dim("length", min=2, max=512)
    for name in ("onnxscript", "onnxruntime.quantization.matmul_nbits_quantizer"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (ids, torch.ones_like(ids)),
            path,
            input_names=["ids", "mask"],
            output_names=["judged", "moderated", "vectors", "tokens"],
            dynamic_shapes={"ids": {0: batch, 1: length}, "mask": {0: batch, 1: length}},
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    onnx.checker.check_model(onnx.load(path))
