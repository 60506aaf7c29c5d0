"""The two doors do the same things: one table says which page or form does what which operation of ``/v1`` does.

A new form, page or operation that the table does not know fails here, and so does a line whose other side is gone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import pytest

from serving.app import create_app
from serving.console import parts
from serving.console.claim import STEPS
from serving.console.claim_form import BUTTONS
from serving.settings import Settings
from tests.conftest import SECRET

SERVING = Path(parts.__file__).parents[1]

# A console action → what does the same over /v1. A claim's steps and the buttons of its holder's form stand after #.
SAME = MappingProxyType(
    {
        # what goes round
        "GET /antrean": ("GET /v1/claims", "GET /v1/claims/counts", "GET /v1/me/views"),
        "GET /antrean/baru": ("GET /v1/claims",),
        "POST /antrean/sekaligus": ("POST /v1/claims/bulk",),
        "POST /antrean/sekaligus/{bulk_id}/batal": ("POST /v1/claims/bulk/{bulk_id}/undo",),
        "POST /antrean/pandangan": ("PUT /v1/me/views",),
        "POST /antrean/pandangan/{view_id}/lepas": ("DELETE /v1/me/views/{view_id}",),
        "GET /sebutan": ("GET /v1/me/mentions",),
        "POST /sebutan/{note_id}/baca": ("POST /v1/me/mentions/{note_id}/read",),
        "GET /cari": ("GET /v1/search",),
        "GET /tren": ("GET /v1/trends",),
        "GET /tren/aliran": ("GET /v1/trends/stream",),
        "GET /tren/{claim_id}": ("GET /v1/trends/{claim_id}",),
        "GET /papan": ("GET /v1/deadlines",),
        "GET /klaim/baru": ("POST /v1/claims",),
        "POST /klaim/baru": ("POST /v1/claims",),
        "GET /klaim/{claim_id}": (
            "GET /v1/claims/{claim_id}",
            "GET /v1/claims/{claim_id}/draft",
            "GET /v1/claims/{claim_id}/history",
            "GET /v1/claims/{claim_id}/merged",
            "GET /v1/claims/{claim_id}/typed",
            "GET /v1/colleagues",
        ),
        "GET /coba": ("POST /v1/score", "POST /v1/moderate"),
        "POST /coba": ("POST /v1/score", "POST /v1/moderate"),
        "GET /kiriman": ("POST /v1/posts",),
        "POST /kiriman": ("POST /v1/posts",),
        "GET /kiriman/{batch}": ("GET /v1/posts/batches/{batch}",),
        "GET /umpan": ("GET /v1/feeds",),
        "POST /umpan": ("POST /v1/feeds",),
        "POST /umpan/{feed_id}/ubah": ("PATCH /v1/feeds/{feed_id}",),
        "POST /umpan/{feed_id}/lepas": ("DELETE /v1/feeds/{feed_id}",),
        # one claim
        "GET /klaim/{claim_id}/gabung": ("GET /v1/claims/{claim_id}/near",),
        "POST /klaim/{claim_id}/gabung": ("POST /v1/claims/{claim_id}/merge",),
        "GET /klaim/{claim_id}/pindah": ("GET /v1/claims/{claim_id}/corrections",),
        "POST /klaim/{claim_id}/pindah": ("POST /v1/claims/{claim_id}/split", "POST /v1/claims/{claim_id}/move"),
        "POST /klaim/{claim_id}/pindah/{correction_id}/batal": ("POST /v1/claim-corrections/{correction_id}/undo",),
        "POST /klaim/{claim_id}/{step}#pisahkan": ("POST /v1/claims/{claim_id}/unmerge",),
        "POST /klaim/{claim_id}/{step}#cocokkan": ("POST /v1/claims/{claim_id}/rematch",),
        "POST /klaim/{claim_id}/{step}#ambil": ("POST /v1/claims/{claim_id}/take",),
        "POST /klaim/{claim_id}/{step}#tunda": ("POST /v1/claims/{claim_id}/hold",),
        "POST /klaim/{claim_id}/{step}#naikkan": ("POST /v1/claims/{claim_id}/escalate",),
        "POST /klaim/{claim_id}/{step}#lanjutkan": ("POST /v1/claims/{claim_id}/resume",),
        "POST /klaim/{claim_id}/{step}#tanpa-label": ("POST /v1/claims/{claim_id}/dismiss",),
        "POST /klaim/{claim_id}/{step}#buka-lagi": ("POST /v1/claims/{claim_id}/reopen",),
        "POST /klaim/{claim_id}/{step}#kesan": ("POST /v1/claims/{claim_id}/reveal",),
        "POST /klaim/{claim_id}/{step}#tidak-sepakat": ("POST /v1/claims/{claim_id}/contest",),
        "POST /klaim/{claim_id}/{step}#setujui": ("POST /v1/claims/{claim_id}/approve",),
        "POST /klaim/{claim_id}/{step}#kembalikan": ("POST /v1/claims/{claim_id}/return",),
        "POST /klaim/{claim_id}/{step}#selesai": ("POST /v1/claims/{claim_id}/close",),
        "POST /klaim/{claim_id}/{step}#tarik": ("POST /v1/claims/{claim_id}/retract",),
        "POST /klaim/{claim_id}/catatan": ("POST /v1/claims/{claim_id}/notes",),
        "POST /klaim/{claim_id}/ketikan": ("PUT /v1/claims/{claim_id}/typed",),
        "POST /klaim/{claim_id}/ketikan/buang": ("DELETE /v1/claims/{claim_id}/typed",),
        "POST /klaim/{claim_id}/rancangan#save": (
            "PUT /v1/claims/{claim_id}/draft",
            "POST /v1/claims/{claim_id}/wording",
        ),
        "POST /klaim/{claim_id}/rancangan#extend": ("POST /v1/claims/{claim_id}/extend",),
        "POST /klaim/{claim_id}/rancangan#add_source": ("POST /v1/claims/{claim_id}/evidence",),
        "POST /klaim/{claim_id}/rancangan#remove_source": ("DELETE /v1/claims/{claim_id}/evidence/{evidence_id}",),
        "POST /klaim/{claim_id}/rancangan#confirm": ("POST /v1/matches/{match_id}/confirm",),
        "POST /klaim/{claim_id}/rancangan#reject": ("POST /v1/matches/{match_id}/reject",),
        "POST /klaim/{claim_id}/rancangan#related": ("POST /v1/matches/{match_id}/relate",),
        "POST /klaim/{claim_id}/rancangan#note": ("POST /v1/claims/{claim_id}/notes",),
        "POST /klaim/{claim_id}/rancangan#hand_over": ("POST /v1/claims/{claim_id}/hand-over",),
        "POST /klaim/{claim_id}/rancangan#submit": ("POST /v1/claims/{claim_id}/submit",),
        "POST /klaim/{claim_id}/rancangan#release": ("POST /v1/claims/{claim_id}/release",),
        "POST /klaim/{claim_id}/rancangan#hold": ("POST /v1/claims/{claim_id}/hold",),
        "POST /klaim/{claim_id}/rancangan#escalate": ("POST /v1/claims/{claim_id}/escalate",),
        "POST /klaim/{claim_id}/rancangan#dismiss": ("POST /v1/claims/{claim_id}/dismiss",),
        "GET /klaim/{claim_id}/sumber/{evidence_id}/berkas": ("GET /v1/claims/{claim_id}/evidence/{evidence_id}/file",),
        "POST /klaim/{claim_id}/sumber/{evidence_id}/berkas": (
            "POST /v1/claims/{claim_id}/evidence/{evidence_id}/file",
        ),
        "POST /klaim/{claim_id}/kecocokan/{match_id}/{answer}": (
            "POST /v1/matches/{match_id}/confirm",
            "POST /v1/matches/{match_id}/reject",
            "POST /v1/matches/{match_id}/relate",
        ),
        # the library, and what the public reads of it
        "GET /pustaka": ("GET /v1/clarifications",),
        "GET /pustaka/impor": ("POST /v1/clarifications/import",),
        "POST /pustaka/impor": ("POST /v1/clarifications/import",),
        "GET /pustaka/pengingat": ("GET /v1/clarifications/reminders",),
        "POST /pustaka/{number}/tinjau": ("POST /v1/clarifications/{clarification_id}/review-by",),
        "GET /pustaka/{number}": ("GET /v1/clarifications/{clarification_id}", "GET /v1/corrections"),
        "POST /pustaka/{number}/usulan": ("POST /v1/clarifications/{clarification_id}/revisions",),
        "POST /pustaka/{number}/usulan/{revision_id}/{answer}": (
            "POST /v1/revisions/{revision_id}/accept",
            "POST /v1/revisions/{revision_id}/decline",
        ),
        "POST /pustaka/{number}/masa-berlaku": ("POST /v1/clarifications/{clarification_id}/expiry",),
        "POST /pustaka/{number}/tarik": ("POST /v1/clarifications/{clarification_id}/retract",),
        "POST /pustaka/{number}/ganti": ("POST /v1/clarifications/{clarification_id}/supersede",),
        "GET /klarifikasi": ("GET /v1/clarifications",),
        "GET /klarifikasi.atom": ("GET /v1/clarifications",),
        "GET /klarifikasi/{slug}": (
            "GET /v1/clarifications/{clarification_id}",
            "GET /v1/clarifications/{clarification_id}/claimreview",
        ),
        "GET /lapor": ("POST /v1/tips",),
        "POST /lapor": ("POST /v1/tips",),
        "GET /lapor/terkirim": ("POST /v1/tips",),
        "GET /koreksi": ("GET /v1/corrections",),
        # what stops it
        "GET /klarifikasi/{slug}/keberatan": ("POST /v1/clarifications/{clarification_id}/appeals",),
        "POST /klarifikasi/{slug}/keberatan": ("POST /v1/clarifications/{clarification_id}/appeals",),
        "POST /klarifikasi/{slug}/keluhan": ("POST /v1/clarifications/{clarification_id}/complaints",),
        "GET /keberatan": ("GET /v1/appeals/status", "GET /v1/appeals/outcomes"),
        "GET /periksa/keberatan": ("GET /v1/appeals",),
        "GET /periksa/keberatan/{appeal_id}": ("GET /v1/appeals/{appeal_id}",),
        "POST /periksa/keberatan/{appeal_id}/ambil": ("POST /v1/appeals/{appeal_id}/take",),
        "POST /periksa/keberatan/{appeal_id}/lepas": ("POST /v1/appeals/{appeal_id}/release",),
        "POST /periksa/keberatan/{appeal_id}/kontak": ("POST /v1/appeals/{appeal_id}/contact",),
        "POST /periksa/keberatan/{appeal_id}/jawab": ("POST /v1/appeals/{appeal_id}/answer",),
        "GET /periksa/tanpa-label": (
            "GET /v1/second-looks",
            "GET /v1/second-looks/agreement",
            "GET /v1/second-looks/impressions",
        ),
        "POST /periksa/tanpa-label/{look_id}/setuju": ("POST /v1/second-looks/{look_id}/agree",),
        "POST /periksa/tanpa-label/{look_id}/buka": ("POST /v1/second-looks/{look_id}/reopen",),
        "GET /uji-mutu": ("GET /v1/golden", "GET /v1/golden/agreement"),
        "GET /uji-mutu/saya": ("GET /v1/me/golden-answers",),
        "POST /uji-mutu": ("POST /v1/golden",),
        "POST /uji-mutu/klaim": ("POST /v1/claims/{claim_id}/golden",),
        "POST /uji-mutu/{item_id}/sajikan": ("POST /v1/golden/{item_id}/serve",),
        "POST /uji-mutu/{item_id}/hentikan": ("POST /v1/golden/{item_id}/retire",),
        "GET /rem": ("GET /v1/breaker", "GET /v1/breaker/freezes"),
        "POST /rem/bekukan": ("POST /v1/breaker/freeze",),
        "POST /rem/usul": ("POST /v1/breaker/propose",),
        "POST /rem/tolak": ("POST /v1/breaker/withdraw",),
        "POST /rem/buka": ("POST /v1/breaker/reopen",),
        "GET /transparansi": ("GET /v1/transparency", "GET /v1/transparency/{month}"),
        "GET /transparansi/{month}.csv": ("GET /v1/transparency/{month}",),
        # people and campaigns
        "GET /influencer": (
            "GET /v1/influencers",
            "GET /v1/influencers/coverage",
            "GET /v1/ministries",
            "GET /v1/evidence/held",
        ),
        "GET /influencer/bukti": ("GET /v1/screenshots",),
        "GET /influencer/bukti/{screenshot_id}/gambar.jpg": ("GET /v1/screenshots/{screenshot_id}/picture",),
        "POST /influencer/bukti/{screenshot_id}/terima": ("POST /v1/screenshots/{screenshot_id}/accept",),
        "POST /influencer/bukti/{screenshot_id}/tolak": ("POST /v1/screenshots/{screenshot_id}/refuse",),
        "POST /influencer/impor": ("POST /v1/influencers/import",),
        "GET /influencer/cakupan": ("GET /v1/coverage",),
        "GET /influencer/kementerian/{code}": ("GET /v1/waves",),
        "POST /influencer/kementerian/{code}": ("PUT /v1/waves/{code}",),
        "POST /influencer/kementerian": ("PUT /v1/ministries/{code}",),
        "POST /influencer/kementerian/{code}/gelombang": ("POST /v1/ministries/{code}/wave",),
        "GET /influencer/{influencer_id}": (
            "GET /v1/influencers/{influencer_id}",
            "GET /v1/campaigns/{campaign_id}/explanations/{influencer_id}",
        ),
        "POST /influencer/{influencer_id}/bukti": ("POST /v1/influencers/{influencer_id}/evidence",),
        "POST /influencer/{influencer_id}/bukti/{evidence_id}/terima": ("POST /v1/evidence/{evidence_id}/release",),
        "POST /influencer/{influencer_id}/bukti/{evidence_id}/tolak": ("POST /v1/evidence/{evidence_id}/refuse",),
        "POST /influencer/{influencer_id}/akun": ("POST /v1/influencers/{influencer_id}/account",),
        "POST /influencer/{influencer_id}/undangan": ("POST /v1/influencers/{influencer_id}/invitation",),
        "POST /influencer/{influencer_id}/undangan/tarik": ("DELETE /v1/influencers/{influencer_id}/invitation",),
        "POST /influencer/kementerian/{code}/undangan": ("POST /v1/ministries/{code}/invitations",),
        "GET /kampanye": ("GET /v1/campaigns",),
        "GET /kampanye/baru": ("GET /v1/campaigns/sources",),
        "POST /kampanye/baru": ("POST /v1/campaigns",),
        "GET /kampanye/{campaign_id}": (
            "GET /v1/campaigns/{campaign_id}",
            "GET /v1/campaigns/{campaign_id}/captions",
            "GET /v1/campaigns/{campaign_id}/figures",
            "GET /v1/campaigns/{campaign_id}/near-copies",
            "GET /v1/campaigns/{campaign_id}/preview",
        ),
        "GET /profil/obrolan": ("GET /v1/me/chats", "GET /v1/me/other-channel"),
        "POST /profil/obrolan/lain": ("PUT /v1/me/other-channel",),
        "POST /profil/obrolan/lain/lepas": ("DELETE /v1/me/other-channel",),
        "POST /profil/obrolan/{channel}": ("POST /v1/me/chats/{channel}",),
        "POST /profil/obrolan/{channel}/lepas": ("DELETE /v1/me/chats/{channel}",),
        "GET /kampanye/{campaign_id}/pratinjau": (
            "GET /v1/campaigns/{campaign_id}/forecast",
            "GET /v1/campaigns/{campaign_id}/sight",
        ),
        "GET /kampanye/{campaign_id}/pratinjau/{person_id}/kartu.png": (
            "GET /v1/campaigns/{campaign_id}/sight/card.png",
        ),
        "GET /kampanye/{campaign_id}/jangkauan": ("GET /v1/campaigns/{campaign_id}/reach",),
        "GET /s/{code}": ("GET /v1/links/{code}",),
        "POST /kampanye/{campaign_id}/ubah": ("PUT /v1/campaigns/{campaign_id}",),
        "POST /kampanye/{campaign_id}/takarir": ("PUT /v1/campaigns/{campaign_id}/captions",),
        "POST /kampanye/{campaign_id}/ajukan": ("POST /v1/campaigns/{campaign_id}/submit",),
        "POST /kampanye/{campaign_id}/setujui": ("POST /v1/campaigns/{campaign_id}/approve",),
        "POST /kampanye/{campaign_id}/kembalikan": ("POST /v1/campaigns/{campaign_id}/return",),
        "POST /kampanye/{campaign_id}/luncurkan": ("POST /v1/campaigns/{campaign_id}/launch",),
        "POST /kampanye/{campaign_id}/tambah": ("POST /v1/campaigns/{campaign_id}/plan",),
        "POST /kampanye/{campaign_id}/bekukan": ("POST /v1/campaigns/{campaign_id}/freeze",),
        "POST /kampanye/{campaign_id}/cairkan": ("POST /v1/campaigns/{campaign_id}/thaw",),
        "POST /kampanye/{campaign_id}/akhiri": ("POST /v1/campaigns/{campaign_id}/end",),
        "GET /program": ("GET /v1/board",),
        "GET /program.csv": ("GET /v1/board.csv",),
        "GET /pesan": ("GET /v1/deliveries",),
        "POST /pesan/{delivery_id}/ulang": ("POST /v1/deliveries/{delivery_id}/retry",),
        "GET /unggahan": ("GET /v1/offers/to-verify",),
        "POST /unggahan/{offer_id}/periksa": ("POST /v1/offers/{offer_id}/verify",),
        # the influencer
        "GET /kotak": ("GET /v1/me/offers", "GET /v1/me/corrections"),
        "GET /kotak/{offer_id}": ("GET /v1/offers/{offer_id}/kit",),
        "GET /kotak/{offer_id}/kartu.png": ("GET /v1/offers/{offer_id}/card.png",),
        "POST /kotak/{offer_id}/ambil": ("POST /v1/offers/{offer_id}/accept",),
        "POST /kotak/{offer_id}/lewati": ("POST /v1/offers/{offer_id}/decline",),
        "POST /kotak/{offer_id}/nanti": ("POST /v1/offers/{offer_id}/snooze",),
        "POST /kotak/{offer_id}/ukur": ("POST /v1/offers/{offer_id}/wording/check",),
        "POST /kotak/{offer_id}/kata": ("PUT /v1/offers/{offer_id}/wording",),
        "POST /kotak/{offer_id}/unggahan": ("POST /v1/offers/{offer_id}/posted",),
        "GET /kotak/koreksi/{correction_id}": ("GET /v1/me/corrections",),
        "POST /kotak/koreksi/{correction_id}/baca": ("POST /v1/corrections/{correction_id}/acknowledge",),
        "GET /profil": ("GET /v1/me/profile", "GET /v1/me/screenshots", "GET /v1/me/consents"),
        "POST /profil/bukti": ("POST /v1/me/screenshots",),
        "POST /profil/bukti/{screenshot_id}/tarik": ("DELETE /v1/me/screenshots/{screenshot_id}",),
        "POST /profil": ("PATCH /v1/me/profile",),
        "POST /profil/setuju": ("POST /v1/me/consent",),
        "POST /profil/izin/{scope}": ("PUT /v1/me/consents/{scope}", "DELETE /v1/me/consents/{scope}"),
        "GET /pelatihan": ("GET /v1/me/training",),
        "POST /pelatihan": ("POST /v1/me/training",),
        "GET /gabung": ("POST /v1/invitations/look",),
        "POST /gabung": ("POST /v1/invitations/join",),
        "POST /profil/jeda": ("POST /v1/me/pause",),
        "POST /profil/lanjut": ("POST /v1/me/resume",),
        "POST /profil/keluar": ("POST /v1/me/leave",),
        "GET /profil/data.json": ("GET /v1/me/export",),
        "POST /profil/hapus": ("POST /v1/me/erase",),
        # models
        "GET /model": ("GET /v1/models", "GET /v1/models/history"),
        "GET /model/beda": ("GET /v1/models/disagreements",),
        "GET /model/pelajaran": (
            "GET /v1/decided-claims/counts",
            "GET /v1/decided-claims/next",
            "GET /v1/drift",
            "GET /v1/retraining",
        ),
        "GET /model/pelajaran/klaim.jsonl": ("GET /v1/decided-claims",),
        "GET /model/pelajaran/pasangan.jsonl": ("GET /v1/claim-pairs",),
        "POST /model/unggah": ("POST /v1/models",),
        "POST /model/usul": ("POST /v1/models/proposals",),
        "POST /model/kembali": ("POST /v1/models/rollback",),
        "POST /model/usulan/{proposal_id}/setuju": ("POST /v1/models/proposals/{proposal_id}/agree",),
        "POST /model/usulan/{proposal_id}/tolak": ("POST /v1/models/proposals/{proposal_id}/decline",),
        "POST /model/penantang": ("POST /v1/models/challenger",),
        "POST /model/penantang/lepas": ("POST /v1/models/challenger/withdraw",),
        # accounts and the record
        "GET /akun": ("GET /v1/me", "GET /v1/me/keys"),
        "POST /akun/istirahat": ("GET /v1/me/rest", "PUT /v1/me/rest"),
        "POST /akun/sandi": ("PUT /v1/me/password",),
        "POST /akun/kunci": ("POST /v1/me/keys",),
        "POST /akun/kunci/{key_id}/cabut": ("DELETE /v1/me/keys/{key_id}",),
        "POST /akun/keluar-semua": ("DELETE /v1/me/sessions",),
        "GET /admin/akun": ("GET /v1/users",),
        "POST /admin/akun": ("POST /v1/users",),
        "GET /admin/akun/{user_id}": ("GET /v1/users/{user_id}",),
        "POST /admin/akun/{user_id}/peran": ("PATCH /v1/users/{user_id}",),
        "POST /admin/akun/{user_id}/nama": ("PATCH /v1/users/{user_id}",),
        "POST /admin/akun/{user_id}/tutup": ("PATCH /v1/users/{user_id}",),
        "POST /admin/akun/{user_id}/buka": ("PATCH /v1/users/{user_id}",),
        "POST /admin/akun/{user_id}/sandi": ("PUT /v1/users/{user_id}/password",),
        "GET /admin/akun-resmi": ("GET /v1/official-accounts",),
        "POST /admin/akun-resmi": ("POST /v1/official-accounts",),
        "POST /admin/akun-resmi/{account_id}/hapus": ("DELETE /v1/official-accounts/{account_id}",),
        "GET /admin/webhook": ("GET /v1/webhooks", "GET /v1/webhooks/deliveries"),
        "POST /admin/webhook": ("POST /v1/webhooks",),
        "GET /admin/webhook/{endpoint_id}": ("GET /v1/webhooks", "GET /v1/webhooks/deliveries"),
        "POST /admin/webhook/{endpoint_id}/ubah": ("PATCH /v1/webhooks/{webhook_id}",),
        "POST /admin/webhook/{endpoint_id}/aktif": ("PATCH /v1/webhooks/{webhook_id}",),
        "POST /admin/webhook/{endpoint_id}/kunci": ("POST /v1/webhooks/{webhook_id}/rotate",),
        "POST /admin/webhook/{endpoint_id}/coba": ("POST /v1/webhooks/{webhook_id}/test",),
        "POST /admin/webhook/{endpoint_id}/ulang": ("POST /v1/webhooks/{webhook_id}/replay",),
        "POST /admin/webhook/{endpoint_id}/lepas": ("DELETE /v1/webhooks/{webhook_id}",),
        "GET /admin/webhook/pesan/{delivery_id}": ("GET /v1/webhooks/deliveries/{delivery_id}",),
        "POST /admin/webhook/pesan/{delivery_id}/ulang": ("POST /v1/webhooks/deliveries/{delivery_id}/replay",),
        "GET /admin/jejak": ("GET /v1/audit", "GET /v1/audit/verify"),
    }
)

# What one door has alone, and why.
CONSOLE_ONLY = MappingProxyType(
    {
        "POST /klaim/{claim_id}/kiriman/{post_id}/tautan": (
            "the sealed link of a post stands in no response of /v1: it leads to whoever wrote the post, so a checker "
            "opens it here, in an audited step, before their own eyes only"
        ),
        "GET /masuk": "signing in makes the cookie of a browser; a program holds a key",
        "POST /masuk": "signing in makes the cookie of a browser; a program holds a key",
        "POST /keluar": "signing out ends the cookie of a browser; a program's key is withdrawn",
        "POST /bahasa": "language and theme are cookies of a browser; a program sends Accept-Language",
        "GET /": "the front page leads to what the other pages hold",
        "GET /metode": "an explanation for readers, without data of its own",
        "GET /pintasan": "the keys of the console’s own pages",
        "GET /aplikasi.webmanifest": "how the inbox stands on a phone’s first screen; a program has none",
        "GET /ikon.png": "the picture of the inbox on a phone’s first screen",
        "GET /pekerja.js": "the worker that keeps the inbox on a phone; a browser’s own matter",
        "GET /luring": "what a browser shows without a line",
        "GET /sehat": "for the machine that watches the service; the same at both doors",
        "GET /metrics": "for the machine that watches the service; the same at both doors",
        "GET /v1/docs": "the reference of /v1, as a page",
    }
)
V1_ONLY = MappingProxyType(
    {
        "GET /v1/mail/pause/{token}": "the address in an e-mail; it leads to the profile page",
        "POST /v1/chat/telegram": "what Telegram sends here when somebody writes or presses; the inbox has the same buttons",
        "POST /v1/chat/whatsapp": "what WhatsApp sends here when somebody writes or presses; the inbox has the same buttons",
        "GET /v1/chat/whatsapp": "WhatsApp’s proof that the address is ours",
        "POST /v1/mail/pause/{token}": "one click in a mail program (RFC 8058); the profile page has the same button",
    }
)


def _variants(action: str) -> list[str]:
    if action == "POST /klaim/{claim_id}/{step}":
        return [f"{action}#{step}" for step in STEPS]
    if action == "POST /klaim/{claim_id}/rancangan":
        return [f"{action}#{button}" for button in BUTTONS]
    return [action]


def _console_routes() -> set[str]:
    return {
        f"{method} {router.prefix}{each.path}"
        for router in (*parts.routers(), *parts.open_routers())
        for each in router.declared
        for method in each.options["methods"]
    }


@pytest.fixture(scope="module")
def console_actions() -> set[str]:
    """Every page and every form of the console, a claim's steps and buttons one by one."""
    return {variant for action in _console_routes() for variant in _variants(action)}


@pytest.fixture(scope="module")
def operations(tmp_path_factory) -> set[str]:
    """Every operation of ``/v1``."""
    document = create_app(Settings(var_dir=tmp_path_factory.mktemp("parity"), secret_key=SECRET)).openapi()
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}


def test_whatever_the_console_does_v1_does(console_actions):
    """Each page and form has its operation, or stands among the named exceptions."""
    assert console_actions == SAME.keys() | CONSOLE_ONLY.keys()


def test_whatever_v1_does_the_console_does(operations):
    """Each operation has its page or form, or stands among the named exceptions."""
    assert operations == {name for names in SAME.values() for name in names} | V1_ONLY.keys()


def test_the_table_and_the_exceptions_do_not_overlap():
    """An exception is one; and a post's original address is the only data that one door withholds."""
    assert SAME.keys().isdisjoint(CONSOLE_ONLY)
    withheld = [action for action in CONSOLE_ONLY if "{" in action]
    assert withheld == ["POST /klaim/{claim_id}/kiriman/{post_id}/tautan"]


def test_the_routes_are_really_walked(console_actions, operations):
    """The walk sees steps, buttons and both kinds of routers; an empty one would prove nothing."""
    assert {"POST /klaim/{claim_id}/{step}#setujui", "GET /sehat", "POST /akun/kunci"} <= console_actions
    assert "POST /v1/claims/{claim_id}/approve" in operations


# ---- forms as they stand in the templates ----------------------------------------------------------------------

_ATTRIBUTE = re.compile(r'(?:method="post" action|formaction)="([^"]+)"')
_PRESS = re.compile(r"ui\.press\(([^,]+),")
_HOLE = re.compile(r"\{\{.*?\}\}")


def _is_known(address: str, actions: list[str]) -> bool:
    """Tell whether some action fits; ``*`` in the address is what the page fills in, and may be several parts."""
    filled = re.compile(re.escape(address).replace(r"\*", ".+"))
    return any(
        filled.fullmatch(action) or re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", action), address) for action in actions
    )


def _form_actions() -> Iterator[tuple[str, str]]:
    for path in sorted((SERVING / "templates").glob("[!_]*.html")) + sorted(
        (SERVING / "templates").glob("_claim*.html")
    ):
        source = path.read_text("utf-8")
        for address in _ATTRIBUTE.findall(_HOLE.sub("*", source)):
            yield path.name, address
        for expression in _PRESS.findall(source):
            parts = [part.strip() for part in expression.split("~")]
            yield path.name, "".join(part.strip('"') if part.startswith('"') else "*" for part in parts)


def test_every_form_of_every_template_leads_to_a_known_action():
    """No template sends a form to an address that the routers, and so the table, do not know."""
    actions = [action.removeprefix("POST ") for action in _console_routes() if action.startswith("POST ")]
    found = list(_form_actions())
    assert len(found) > 40
    assert [(name, address) for name, address in found if not _is_known(address, actions)] == []


# ---- one implementation behind both ----------------------------------------------------------------------------


def _imported_from_rows(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("serving.db"):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("serving.db"))


@pytest.mark.parametrize(
    "path",
    sorted([*(SERVING / "api").glob("*.py"), *(SERVING / "console").glob("*.py")]),
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_no_door_asks_the_database_itself(path):
    """A door imports the types of rows and never a query: what both doors read comes from the same desk function."""
    assert [name for name in _imported_from_rows(path) if name[0].islower()] == []
