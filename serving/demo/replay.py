"""Plays the second day of the sample through the service's own door, faster than it happened.

The history keeps the spacing it was written with. What flows is stamped with the moment at which it is sent, so that
the figures on screen are those of the time that passes before one's eyes. Where the replay stands is read from the
database: a second start goes on with the first message that is not there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import httpx

from serving.db.posts import known_posts
from serving.demo import sample
from serving.demo.sample import SamplePost
from serving.desk.context import Clock, Context
from serving.desk.incoming.posts import anonymous
from serving.errors import UnavailableError
from serving.rows import read_post

TRIES: Final = 30
RETRY_S: Final = 1.0

Send = Callable[[Sequence[SamplePost]], None]
Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many seconds of the sample pass in one second."""

    factor: float

    @classmethod
    def over(cls, minutes: float) -> Pace:
        """Spread the second day over so many minutes."""
        return cls((sample.LAST_S - sample.FIRST_DAY_S) / (minutes * 60))


def not_yet_sent(ctx: Context) -> list[SamplePost]:
    """Give the messages of the second day that the database does not hold, in order of time."""
    posts = sample.second_day()
    keys = [
        (post.source, anonymous(read_post(post.as_row(ctx.now)), ctx.vault, ctx.now, len(post.text) * 4).external_hash)
        for post in posts
    ]
    known = known_posts(ctx.session, keys)
    return [post for post, key in zip(posts, keys, strict=True) if key not in known]


def timetable(posts: Sequence[SamplePost], pace: Pace) -> Iterator[tuple[int, list[SamplePost]]]:
    """Group messages by the second, counted from the first one, at which they are due."""
    if posts:
        first = posts[0].offset_s
        for second, group in groupby(posts, key=lambda post: int((post.offset_s - first) / pace.factor)):
            yield second, list(group)


def play(posts: Sequence[SamplePost], pace: Pace, send: Send, pause: Pause = time.sleep) -> int:
    """Send each message when it is due; give how many were sent."""
    began = time.monotonic()
    n = 0
    for second, due in timetable(posts, pace):
        if (early := second - (time.monotonic() - began)) > 0:
            pause(early)
        send(due)
        n += len(due)
    return n


@dataclass(frozen=True, slots=True)
class Door:
    """The service's JSON door, knocked at again while it starts or is busy."""

    client: httpx.Client
    clock: Clock
    pause: Pause = time.sleep

    def __call__(self, posts: Sequence[SamplePost]) -> None:
        """Send messages as of now; raise ``UnavailableError`` where nobody opens."""
        now = self.clock.now()
        body = {"posts": [post.as_row(now) for post in posts]}
        why = ""
        for _ in range(TRIES):
            try:
                answer = self.client.post("/v1/posts", json=body)
            except httpx.TransportError as error:
                why = str(error)
            else:
                if answer.status_code == httpx.codes.ACCEPTED:
                    return
                why = f"{answer.status_code} {answer.text[:200]}"
                if answer.is_client_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    break
            self.pause(RETRY_S)
        raise UnavailableError("the service took no messages: {why}", why=why)
