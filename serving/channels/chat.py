"""Messages to a chat: Telegram's Bot API and WhatsApp's Cloud API, one POST a message, each at its own pace.

Neither service drops a second copy by a number of ours. So a message whose answer was lost is not sent again on its
own: WhatsApp tells later that it arrived (``biz_opaque_callback_data`` carries our key), Telegram does not, and either
way the offer stands in the inbox. What was surely not taken is tried again. Where a service asks to wait, everything to
it waits. No error keeps an address of a service, because Telegram's holds the bot's token.

References: core.telegram.org/bots/api (sendMessage, ResponseParameters) and
developers.facebook.com/docs/whatsapp/cloud-api.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import httpx

from serving.channels.email import SUBJECTS
from serving.desk.outreach import chat
from serving.desk.outreach.deliveries import Letter, LetterKind, Sender, SendError
from serving.i18n import mark, translate
from serving.settings import Settings
from serving.vocabulary import LABELS, Channel, DeclineReason

TIMEOUT_S: Final = 15.0
# Telegram takes about thirty messages a second of one bot, WhatsApp eighty of one number; both are kept well below.
PER_SECOND: Final = 20.0
# A message waits its turn this long; longer, and it goes back in line, so that no worker stands still.
PATIENCE_S: Final = 2.0
RETRY_AFTER_MAX_S: Final = 3_600.0
LIMIT_CHARS: Final = 3_500
TOO_MANY: Final = 429
# Refusals that stay: the person blocked us, or the chat is gone. Whatever says our own key is wrong may be mended.
_LASTING: Final = frozenset({400, 403, 410})


class Pace:
    """Lets messages to one service go one after another, not faster than it takes them."""

    def __init__(
        self,
        per_second: float = PER_SECOND,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._between_s = 1 / per_second
        self._clock_s, self._sleep = clock_s, sleep
        self._next_s = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next turn; raise ``SendError`` with the time to come back where that is far off."""
        with self._lock:
            now = self._clock_s()
            turn = max(now, self._next_s)
            if turn - now > PATIENCE_S:
                raise SendError("the service asked to wait", retry_after_s=turn - now)
            self._next_s = turn + self._between_s
        if turn > now:
            self._sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """Let nothing go for so long."""
        with self._lock:
            self._next_s = max(self._next_s, self._clock_s() + seconds)


@dataclass(frozen=True, slots=True)
class Gate:
    """One chat's service: where it takes messages, with which headers, and at which pace."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    pace: Pace
    timeout_s: float = TIMEOUT_S

    def post(self, payload: Mapping[str, Any]) -> None:
        """Hand one message over; raise ``SendError`` where it was not taken, or where nobody can tell."""
        handed_over(self.pace, lambda: self._post(payload))

    async def _post(self, payload: Mapping[str, Any]) -> httpx.Response:
        async with asyncio.timeout(self.timeout_s):
            async with httpx.AsyncClient(timeout=self.timeout_s, trust_env=False, follow_redirects=False) as client:
                return await client.post(self.url, json=payload, headers=dict(self.headers))


def handed_over(pace: Pace, asked: Callable[[], Coroutine[Any, Any, httpx.Response]]) -> httpx.Response:
    """Wait for one's turn, ask a service, and give its answer where it took the message.

    Raises:
        SendError: it was not taken, or nobody can tell; what may be tried again, and when, stands in it.
    """
    pace.wait()
    try:
        answer = asyncio.run(asked())
    except (httpx.ConnectError, httpx.ConnectTimeout) as fault:
        raise SendError(type(fault).__name__) from None
    except (TimeoutError, httpx.HTTPError, OSError, ValueError) as fault:
        raise SendError(f"the answer was lost: {type(fault).__name__}", unsure=True) from None
    status = answer.status_code
    if 200 <= status < 300:
        return answer
    if status == TOO_MANY:
        wait_s = min(_retry_after_s(answer), RETRY_AFTER_MAX_S)
        pace.pause(wait_s)
        raise SendError(str(status), retry_after_s=wait_s)
    raise SendError(str(status), permanent=status in _LASTING)


def _retry_after_s(answer: httpx.Response) -> float:
    """Read how long to wait, from Telegram's body or HTTP's own header; a minute where nothing is said."""
    try:
        told = answer.json()["parameters"]["retry_after"]
    except (ValueError, KeyError, TypeError):
        told = answer.headers.get("retry-after", "60")
    try:
        return max(1.0, float(told))
    except (TypeError, ValueError):
        return 60.0


# ---- what is said ------------------------------------------------------------------------------------------------


def words(letter: Letter) -> str:
    """Give a message's words: what it is about, who says so, where to answer, and that it is free to be left."""
    language = letter.language
    match letter.kind:
        case LetterKind.OFFER | LetterKind.NEWS:
            free = translate(language, mark("Ikut serta sepenuhnya sukarela."))
            lines = [letter.title, f"— {letter.issuer}", letter.url, free]
        case LetterKind.REMINDER:
            lines = [letter.title, *letter.expiring, letter.url]
        case kind:
            head = translate(language, SUBJECTS[kind], title=letter.title)
            lines = [head, letter.reason, translate(language, mark("Jangan sebarkan lagi.")), letter.url]
    return "\n\n".join(line for line in lines if line)[:LIMIT_CHARS]


def _buttons(letter: Letter) -> list[tuple[str, str]]:
    """Give the buttons of an offer; a message about anything else has none."""
    if letter.offer is None:
        return []
    offer_id = int(letter.url.rsplit("/", 1)[1])
    reasons = iter(DeclineReason)
    found = []
    for label, value in chat.buttons(offer_id):
        params = {"reason": translate(letter.language, LABELS[next(reasons)])} if "{reason}" in label else {}
        found.append((translate(letter.language, label, **params), value))
    return found


@dataclass(frozen=True, slots=True)
class Telegram:
    """Sends by a bot; buttons stand under the message, each in a row of its own."""

    gate: Gate

    @classmethod
    def of(cls, settings: Settings, timeout_s: float = TIMEOUT_S) -> Telegram:
        """Make the sender that the settings name."""
        token = settings.telegram_token.get_secret_value()
        url = f"{settings.telegram_api.rstrip('/')}/bot{token}/sendMessage"
        return cls(Gate(url, {}, _pace(Channel.TELEGRAM), timeout_s))

    def send(self, letter: Letter) -> None:
        """Hand one message over."""
        keyboard = [[{"text": text, "callback_data": value}] for text, value in _buttons(letter)]
        payload: dict[str, Any] = {"chat_id": letter.to, "text": words(letter)}
        if keyboard:
            payload["reply_markup"] = {"inline_keyboard": keyboard}
        self.gate.post(payload)


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """Sends from one number: a template that the ministry had approved, because nobody was written to first.

    The template has three places in its body (title, issuer or reason, address). One for offers has as many quick
    replies as ``chat.buttons`` gives, in their order; what they send is given with each message.
    """

    gate: Gate
    offer_template: str
    notice_template: str

    @classmethod
    def of(cls, settings: Settings, timeout_s: float = TIMEOUT_S) -> WhatsApp:
        """Make the sender that the settings name."""
        url = f"{settings.whatsapp_api.rstrip('/')}/{settings.whatsapp_number_id}/messages"
        headers = {"authorization": f"Bearer {settings.whatsapp_token.get_secret_value()}"}
        gate = Gate(url, headers, _pace(Channel.WHATSAPP), timeout_s)
        return cls(gate, settings.whatsapp_offer_template, settings.whatsapp_notice_template)

    def send(self, letter: Letter) -> None:
        """Hand one message over, with our key for the receipt."""
        told = (letter.title, letter.issuer or letter.reason or ", ".join(letter.expiring) or "Suluh", letter.url)
        parts: list[dict[str, Any]] = [
            {"type": "body", "parameters": [{"type": "text", "text": " ".join(text.split())} for text in told]}
        ]
        parts += [
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": str(number),
                "parameters": [{"type": "payload", "payload": value}],
            }
            for number, (_, value) in enumerate(_buttons(letter))
        ]
        template = {
            "name": self.offer_template if letter.offer is not None else self.notice_template,
            "language": {"code": "id"},
            "components": parts,
        }
        self.gate.post(self._to(letter.to, "template", template) | {"biz_opaque_callback_data": letter.key})

    def say(self, to: str, text: str) -> None:
        """Answer somebody who has just written; plain words may be sent for a day after that."""
        self.gate.post(self._to(to, "text", {"body": text[:LIMIT_CHARS]}))

    def _to(self, to: str, kind: str, what: Mapping[str, Any]) -> dict[str, Any]:
        return {"messaging_product": "whatsapp", "to": to, "type": kind, kind: what}


@cache
def _pace(channel: Channel) -> Pace:
    """Give the pace that every sender of this process keeps for one service."""
    del channel
    return Pace()


def sender_for(settings: Settings, channel: Channel) -> Sender | None:
    """Give the sender of a chat; none where the settings name none."""
    if channel not in chat.configured(settings):
        return None
    return Telegram.of(settings) if channel is Channel.TELEGRAM else WhatsApp.of(settings)
