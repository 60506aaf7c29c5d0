"""The inbox as an app on a phone: its manifest, its pictures, the worker that keeps it, and the page without a line.

Nothing here knows who asks. What a phone keeps of one person is named by a number that only says whether it is the same
person: ``reader_of``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import FileResponse, JSONResponse

from serving.channels.app_icon import SIZES, icon
from serving.console.pages import render
from serving.deps import LanguageDep
from serving.errors import NotFoundError
from serving.i18n import mark, translate
from serving.parts import Router

open_router = Router()
WORKER = Path(__file__).parent.parent / "static" / "inbox-worker.js"
PAPER = "#faf6ee"
DAY_S = 86_400
PICTURES = {f"{purpose}-{side}": (purpose, side) for side in SIZES for purpose in ("any", "maskable")}
NAME = mark("Suluh, kotak masuk ASN influencer")


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """What is shown where there is no line and nothing was kept."""


@open_router.get("/aplikasi.webmanifest")
def manifest(language: LanguageDep) -> Response:
    """Say how the inbox stands on a phone's first screen (W3C Web App Manifest)."""
    pictures = [
        {"src": f"/ikon.png?gambar={name}", "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for name, (purpose, side) in PICTURES.items()
    ]
    told = {
        "id": "/kotak",
        "name": translate(language, NAME),
        "short_name": "Suluh",
        "lang": language.value,
        "start_url": "/kotak",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": pictures,
    }
    return JSONResponse(told, media_type="application/manifest+json")


@open_router.get("/ikon.png")
def picture(gambar: str = "any-192") -> Response:
    """Give one picture of the app, by its name in the manifest."""
    if gambar not in PICTURES:
        raise NotFoundError(mark("Halaman itu tidak ada."))
    purpose, side = PICTURES[gambar]
    drawn = icon(side, maskable=purpose == "maskable")
    return Response(drawn, media_type="image/png", headers={"cache-control": f"public, max-age={DAY_S}"})


@open_router.get("/pekerja.js")
def worker() -> Response:
    """Give the worker; from the root, because a worker may watch no address above its own."""
    return FileResponse(WORKER, media_type="text/javascript", headers={"cache-control": "no-cache"})


@open_router.get("/luring")
def offline(request: Request) -> Response:
    """Show what stands in for a page that cannot be had without a line."""
    return render(request, "offline.html", OfflinePage())
