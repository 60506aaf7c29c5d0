"""The quick way through ``POST /v1/score``: a few short texts, answered between two turns of the event loop.

The linear model reads a text in microseconds; a thread, a transaction and the routing around it cost fifty times as
much. So what is sure to be answered is answered here: a short body that fits, a key that the database called good less
than a second ago (``deps.KnownKeys``), a request within its limit, the linear model in memory. Everything else goes
the ordinary way (``scores.score``) with its body unread, so each refusal is written in one place only. What this costs
is that both ways must answer alike, which tests compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import Message, Receive, Scope, Send

from models.linear import LinearScorer
from serving.api.scores import TextsIn, rows_of
from serving.deps import Service
from serving.desk.incoming.machine import holder_for
from serving.desk.learning.models_holder import ModelHolder

BODY_BYTES_MAX: Final = 8_192
TEXTS_MAX: Final = 16

_PATH: Final = "/v1/score"
_BEARER: Final = b"Bearer "


class QuickScores:
    """Answers what it is sure of, and hands everything else back."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._holder: ModelHolder | None = None

    async def __call__(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> Receive | None:
        """Answer and give none, or give what the ordinary way is to receive.

        Raises ``TooManyRequestsError`` above the holder's limit.
        """
        if scope["path"] != _PATH or scope["method"] != "POST":
            return receive
        key = headers.get(b"authorization", b"")
        scorer = self._holder.at_hand() if self._holder else None
        if scorer is None:  # nobody asked yet, or the process has made another holder since
            self._holder = holder_for(self._service.settings)
        if not isinstance(scorer, LinearScorer) or not key.startswith(_BEARER) or not _is_short_json(headers):
            return receive
        message = await receive()
        texts = self._texts(message)
        user_id = self._service.keys.holder(key[len(_BEARER) :].decode("latin-1")) if texts else None
        if user_id is None:
            return _again(message, receive)
        self._service.limits.request(user_id, self._service.clock.now())
        body = to_json({"scores": rows_of(scorer.score_many(texts))})
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": body})
        return None

    def _texts(self, message: Message) -> Sequence[str]:
        """Read the texts of a body that fits and came in one piece; none otherwise."""
        if message["type"] != "http.request" or message.get("more_body"):
            return ()
        try:
            asked = TextsIn.model_validate_json(message["body"])
        except ValidationError:
            return ()
        texts = asked.all_texts()
        settings = self._service.settings
        n_max = min(TEXTS_MAX, settings.max_texts_per_score)
        fits = len(texts) <= n_max and all(len(text) <= settings.max_text_chars for text in texts)
        return texts if fits else ()


def _is_short_json(headers: Mapping[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    is_short = length.isdigit() and int(length) <= BODY_BYTES_MAX
    return is_short and headers.get(b"content-type", b"").partition(b";")[0] == b"application/json"


def _again(message: Message, receive: Receive) -> Receive:
    """Give one message a second time, then what follows it."""
    waiting = [message]

    async def received() -> Message:
        return waiting.pop() if waiting else await receive()

    return received
