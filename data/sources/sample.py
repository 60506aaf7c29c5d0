"""The sample of this project as examples: the only hoaxes whose text anybody may pass on."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from data.schema import Example, Kind, Label

NAME: Final = "sample"
_READ_AS: Final = {
    "hoax": (Label.HOAX, Kind.CIRCULATED_POST),
    "news": (Label.NOT_HOAX, Kind.NEWS_HEADLINE),
    "programme": (Label.NOT_HOAX, Kind.NEWS_HEADLINE),
    "opinion": (Label.OPINION, Kind.SOCIAL_POST),
    "satire": (Label.OPINION, Kind.SOCIAL_POST),
}


def sample_examples() -> Iterator[Example]:
    """Yield each post of `data/sample`; posts of one claim share a group, and none has a date."""
    for post in sample_posts():
        label, kind = _READ_AS[post["truth"]]
        yield Example(post["external_id"], post["text"], label, kind, NAME, NAME, f"{NAME}-{post['claim']}")


def sample_posts() -> Iterator[dict[str, str]]:
    """Yield each post as it stands in the file."""
    for line in files("data").joinpath("sample/posts.jsonl").read_text(encoding="utf-8").splitlines():
        if line:
            yield json.loads(line)
