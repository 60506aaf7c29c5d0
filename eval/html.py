"""Parts of a report that is one HTML file: pictures inside, no script, nothing asked for from outside.

Pictures are SVG in `img` elements, so that the words in them cannot collide; each has its figures in a table beside it.
Numbers are written as Indonesian readers write them.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Picture

from eval.metrics import Figure

SLICE_NAMES: Final = {
    "posts": "kiriman hoaks",
    "titles": "judul hoaks",
    "official titles": "judul klarifikasi resmi",
    "news": "berita",
    "unseen opinion": "opini yang belum pernah dilihat",
    "unseen criticism": "kritik yang belum pernah dilihat",
    "unseen criticism with typographic quotes": "kritik itu, dengan tanda kutip tipografis",
    "unseen criticism with words in capitals": "kritik itu, dengan huruf besar semua",
    "unseen criticism with numbers": "kritik itu, dengan angka",
    "unseen criticism with list marks": "kritik itu, dengan tanda daftar",
    "unseen criticism with none of these": "kritik itu, tanpa semua ini",
    "opinion of seen sources": "opini dari sumber yang dikenal",
    "opinion on policies never met": "opini tentang kebijakan yang tak pernah ditemui",
    "criticism of policies never met": "kritik atas kebijakan yang tak pernah ditemui",
    "posts of train": "kiriman hoaks, bagian latih",
    "posts of tune": "kiriman hoaks, bagian setel",
}
"""What a slice is called on a page."""

BLUE: Final = "#0b5394"
RED: Final = "#b3261e"


def page(title: str, body: str) -> str:
    """A whole document in Indonesian; `body` is HTML already."""
    return _PAGE.format(title=escape(title), body=body)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column names its rows; cells are escaped here."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def canvas(width: float, height: float, n_panels: int = 1) -> tuple[Picture, list[Any]]:
    """A picture of that size in inches and its panels, one above the other."""
    picture = Picture(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(picture)
    panels = picture.subplots(n_panels, 1, squeeze=False)
    return picture, [row[0] for row in panels]


def image(picture: Picture, alternative: str) -> str:
    """The picture as an `img` element; the same figures give the same bytes."""
    drawn = BytesIO()
    # A fixed salt and no date, or each run would write another file.
    with rc_context({"svg.hashsalt": "suluh", "svg.fonttype": "path"}):
        picture.savefig(drawn, format="svg", metadata={"Date": None})
    content = base64.b64encode(drawn.getvalue()).decode("ascii")
    return f'<img alt="{escape(alternative)}" src="data:image/svg+xml;base64,{content}">'


def figure(value: Figure) -> str:
    """A figure from 0 to 1 with its 95 % interval."""
    return f"{value.value:.3f} [{value.low:.3f}–{value.high:.3f}]".replace(".", ",")


def percent(share: float) -> str:
    """A share in percent."""
    return f"{share:.1%}".replace(".", ",").replace("%", " %")


def percents(value: Figure) -> str:
    """A share in percent with its 95 % interval."""
    return f"{percent(value.value)} [{percent(value.low)}–{percent(value.high)}]"


def count(n: int) -> str:
    """A whole number, thousands apart."""
    return f"{n:,}".replace(",", ".")


_PAGE: Final = """<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – Suluh</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }}
[lang="en"] {{ color: #555; font-style: italic; }}
table {{ border-collapse: collapse; font-size: .85rem; }}
th, td {{ border: 1px solid #bbb; padding: .25rem .5rem; text-align: left; vertical-align: top; }}
thead th {{ background: #eee; }}
code {{ overflow-wrap: anywhere; }}
img {{ max-width: 100%; height: auto; }}
blockquote {{ margin: .5rem 0; padding-left: .8rem; border-left: .2rem solid #bbb; overflow-wrap: anywhere; }}
.wide {{ overflow-x: auto; }}
@media (max-width: 30rem) {{ table {{ font-size: .75rem; }} th, td {{ padding: .2rem .3rem; }} }}
.ok {{ border-left: .4rem solid #1b7f3b; padding-left: .8rem; }}
.fail {{ border-left: .4rem solid #b3261e; padding-left: .8rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
