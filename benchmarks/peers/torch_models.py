"""Transformers in torch, with random weights: how long a pass takes does not depend on what was learnt."""

from collections.abc import Callable, Sequence

import torch
from tokenizers import BertWordPieceTokenizer, Tokenizer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
    TextClassificationPipeline,
)

from models.encoder import Encoder
from training.encoder_model import Encoder as TorchEncoder


def indobert_pipeline(vocabulary: int, n_tokens: int, texts: Sequence[str]) -> Callable[[str], object]:
    """Give a text classification pipeline of IndoBERT-base's shape that reads `n_tokens` of a text."""
    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator(texts, vocab_size=2_000, show_progress=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(pieces.to_str()),
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=n_tokens,
    )
    # BertConfig's own sizes are those of the base model: 12 layers, 768 wide.
    model = BertForSequenceClassification(BertConfig(vocab_size=vocabulary, num_labels=3)).eval()
    pipeline = TextClassificationPipeline(model=model, tokenizer=tokenizer, device=torch.device("cpu"))
    return lambda text: pipeline(text, truncation=True, padding="max_length", max_length=n_tokens)


def our_shape(encoder: Encoder) -> TorchEncoder:
    """Give our encoder as it was trained, in torch and float32: 12 layers of 384, and the vocabulary that ships."""
    config = BertConfig(
        vocab_size=encoder.tokenizer.get_vocab_size(),
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    return TorchEncoder(BertModel(config, add_pooling_layer=False), config.hidden_size).eval()
