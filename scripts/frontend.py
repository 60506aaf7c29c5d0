"""Copy what the pages need from ``node_modules`` into ``serving/static/vendor``: no code of others is committed.

Usage: ``npm ci --ignore-scripts && python scripts/frontend.py``. It needs only Python's standard library, so that it
can run before anything is installed, and it writes nothing where the copies are current.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "serving" / "static" / "vendor"

FILES = {
    "pico.min.css": "@picocss/pico/css/pico.min.css",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "LICENSE.pico": "@picocss/pico/LICENSE.md",
    "LICENSE.htmx": "htmx.org/LICENSE",
    "LICENSE.lucide": "lucide-static/LICENSE",
}
# Every icon that a template may name; a test compares them with what the templates use.
ICONS = (
    "activity",
    "arrow-left-right",
    "badge-check",
    "ban",
    "book-open",
    "check",
    "chevron-right",
    "circle-check",
    "circle-dashed",
    "circle-question-mark",
    "circle-slash",
    "circle-x",
    "clock",
    "copy",
    "drama",
    "external-link",
    "eye",
    "file-check",
    "history",
    "hourglass",
    "house",
    "image",
    "inbox",
    "info",
    "key-round",
    "languages",
    "library",
    "link",
    "list-checks",
    "log-in",
    "log-out",
    "megaphone",
    "menu",
    "message-circle",
    "minus",
    "moon",
    "octagon-x",
    "pause",
    "pencil",
    "plus",
    "rss",
    "search-x",
    "settings",
    "share-2",
    "shield-check",
    "split",
    "sun",
    "trash-2",
    "triangle-alert",
    "user",
    "users",
    "x",
)
COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


def icon(source: str) -> str:
    """Give one icon on one line, sized by its text and hidden from screen readers: the word stands beside it."""
    inner = re.search(r"<svg[^>]*>(.*)</svg>", COMMENT.sub("", source), re.DOTALL)
    if inner is None:
        raise ValueError("not an SVG picture")
    body = " ".join(inner.group(1).split())
    return (
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{body}</svg>'
    )


def wanted() -> dict[str, str]:
    """Give every file below ``vendor`` with what it must hold."""
    made = {name: (MODULES / path).read_text("utf-8") for name, path in FILES.items()}
    folder = MODULES / "lucide-static" / "icons"
    icons = {name: icon((folder / f"{name}.svg").read_text("utf-8")) for name in ICONS}
    return {**made, "icons.json": json.dumps(icons, indent=0, sort_keys=True) + "\n"}


def main() -> int:
    """Copy; say in one sentence what to do where npm has not run."""
    try:
        files = wanted()
    except FileNotFoundError as missing:
        print(f"frontend: {missing.filename} is missing; run: npm ci --ignore-scripts", file=sys.stderr)
        return 1
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = VENDOR / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
    print(f"frontend: {len(files)} files in {VENDOR.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
