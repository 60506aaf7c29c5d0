"""Keep ``serving/locale/en.po`` in step with the sentences in code and templates.

    python scripts/catalogue.py extract    add new sentences (to be translated), drop those that are gone, sort
    python scripts/catalogue.py check      exit 1 where one has no English, is stale, or has other {places}

An Indonesian sentence is its own key: ``mark("…")`` in Python, ``_("…")`` in a template.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SERVING = ROOT / "serving"
ENGLISH = SERVING / "locale" / "en.po"
METHODS = [("**/locale/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {pattern: {"trim_blocks": "true", "silent": "false"} for pattern, kind in METHODS if kind == "jinja2"}
KEYWORDS: dict[str, None] = {"mark": None, "_": None}
PLACE = re.compile(r"\{(\w*)[^{}]*\}")


def sentences() -> set[str]:
    """Give every sentence that the service can say."""
    found = extract_from_dir(
        str(SERVING),
        method_map=METHODS,
        options_map=OPTIONS,
        keywords=KEYWORDS,
        comment_tags=(),
        strip_comment_tags=True,
    )
    return {message for _file, _line, message, _comments, _context in found if isinstance(message, str) and message}


def english() -> Catalog:
    """Read the English catalogue."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def faults(known: Catalog, wanted: set[str]) -> Iterator[str]:
    """Say what is missing, stale or different."""
    ids = {str(message.id) for message in known if message.id}
    yield from (f"not in en.po: {sentence!r}" for sentence in sorted(wanted - ids))
    yield from (f"no longer said: {sentence!r}" for sentence in sorted(ids - wanted))
    for message in known:
        if not message.id:
            continue
        if not message.string or message.fuzzy:
            yield f"has no English: {message.id!r}"
        elif set(PLACE.findall(str(message.id))) != set(PLACE.findall(str(message.string))):
            yield f"has other places in English: {message.id!r}"


def extract() -> int:
    """Rewrite the catalogue with exactly the sentences that are said, in order."""
    known = {str(message.id): str(message.string) for message in english() if message.id}
    made = Catalog(locale="en", fuzzy=False)
    for sentence in sorted(sentences()):
        made.add(sentence, known.get(sentence, ""))
    made.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Language", "en")]
    with ENGLISH.open("wb") as file:
        write_po(file, made, width=110, omit_header=True, no_location=True)
    text = ENGLISH.read_text("utf-8")
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: en\\n"\n\n'
    ENGLISH.write_text(header + text, "utf-8")
    n_empty = sum(1 for message in made if message.id and not message.string)
    print(f"catalogue: {len(made)} sentences, {n_empty} to translate")
    return 0


def check() -> int:
    """Print each fault; exit 1 where there is one."""
    found = list(faults(english(), sentences()))
    for fault in found:
        print(f"catalogue: {fault}", file=sys.stderr)
    if found:
        print("catalogue: run `python scripts/catalogue.py extract` and translate what is empty", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    commands = {"extract": extract, "check": check}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
