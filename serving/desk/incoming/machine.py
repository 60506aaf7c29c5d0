"""What the machine brings to the desk, once a process: the score, the near-duplicate index, the library's matcher.

The database is the truth and this is a copy of a part of it that is quick to ask. Index and matcher read what others
wrote before each use. What this process added itself is read back before it is believed: a transaction that was rolled
back leaves the index ahead of the database, and then it is filled anew.

What has had no copy for long leaves the index, so that memory does not grow with the number of claims, and comes back
when a copy appears: each claim can be looked up by keys of the wordings that it keeps.

The index may be touched only by whoever holds the intake's lock (``serving.db.claims.lock_intake``), in the same
transaction; that makes several threads and several processes decide one after another, so no claim is doubled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from data import _minhash as kernels
from data.duplicates import NearDuplicateIndex, SignatureFormatError, signatures
from data.normalise import normalise
from models import artifact
from models.artifact import ArtifactError
from models.matcher import Match, Matcher
from models.matcher import MatchStatus as Strength
from models.retrieval import Record
from models.score import Score, Scorer
from serving.db import Session
from serving.db import claims as rows
from serving.db import merging as merging_rows
from serving.desk import audit
from serving.desk.context import Context
from serving.desk.incoming import figures
from serving.desk.incoming.batches import Batch
from serving.desk.incoming.posts import goes_with_anything, says_little
from serving.desk.learning.models_holder import ModelHolder
from serving.desk.learning.models_store import ModelStore
from serving.errors import NotFoundError, UnavailableError
from serving.i18n import mark
from serving.settings import Settings
from serving.vocabulary import MatchStatus

Keys = npt.NDArray[np.int64]
MATCHES_KEPT: Final = 5
_FOUNDED: Final = "+"  # names of clusters that this process founded; all others are a claim's number
_MACHINES_KEPT: Final = 4
# Wordings of claims that a process remembers, about 1 kB each; beyond, quiet claims are left to the database.
REMEMBERED_MAX: Final = 60_000
# Wordings that one batch may bring before quiet claims are let go.
_BATCH_ROOM: Final = 20_000
# Claims under one key, the newest first, and claims that one text is compared with: as in the index itself.
_NEWEST_OF_KEY: Final = 16
_VERIFIED: Final = 4
# Texts that are looked up among all claims at once.
_RECALLED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a post belongs.

    Attributes:
        cluster: a name that ``Machine.claim_of`` turns into a claim, once it has one.
        is_new: whether this post is the first of its claim.
        stored: what to keep so that later copies find it; none where the claim has enough such.
    """

    cluster: str
    is_new: bool
    stored: bytes | None


class Machine:
    """One process's quick scorer, index of claims and matcher of clarifications.

    The quick scorer is the cascade's first stage: it reads posts and new claims inside the intake's transaction. The
    model that judges claims (``holder_for``) reads them after that (``serving.desk.incoming.judging``).
    """

    def __init__(self, scorer: Scorer, remembered_max: int = REMEMBERED_MAX) -> None:
        self.scorer = scorer
        self._remembered_max = remembered_max
        self._index = self._empty_index()
        self._claims: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._serial = 0
        self._last_id = 0
        self._newest_claim = 0
        # Whether every claim is remembered; else those that are not are looked up in the database.
        self._remembers_all = True
        self._round = 0
        self._used: dict[str, int] = {}
        self._regrouped = 0
        # What was added and not yet read back.
        self._unsure: list[tuple[int, int]] = []
        # Clusters that the last batch founded by a picture alone.
        self._wordless: list[str] = []
        self._matcher = Matcher.build([])
        self._library: rows.LibraryState | None = None
        self._versions: dict[int, int] = {}
        self._library_lock = Lock()

    # ---- which claim ---------------------------------------------------------------------------------------------

    def catch_up(self, session: Session) -> None:
        """Bring the index to what the database holds; the caller holds the intake's lock."""
        regrouped = merging_rows.newest_regrouping(session)
        is_sure = not self._unsure or rows.owners_between(session, *self._span_unsure) == self._unsure
        if not is_sure or regrouped != self._regrouped:
            self._forget_all()
        self._regrouped = regrouped
        # The last one stays, so that a database that was replaced under a running process is noticed as well.
        self._unsure = self._unsure[-1:]
        if not self._last_id:
            self._last_id, self._newest_claim = rows.newest_signatures(session, self._remembered_max)
            self._remembers_all = not self._last_id
        while page := rows.signatures_after(session, self._last_id):
            self._restore(session, page)
        while self._index.n_representatives > self._remembered_max:
            self._let_go()

    @property
    def _span_unsure(self) -> tuple[int, int]:
        return self._unsure[0][0], self._unsure[-1][0]

    def _empty_index(self) -> NearDuplicateIndex:
        """Make room once for all that is ever remembered: room that grows is copied, and is there twice while it is."""
        return NearDuplicateIndex(self._remembered_max + _BATCH_ROOM)

    def _forget_all(self) -> None:
        self._index = self._empty_index()
        self._claims, self._names, self._used = {}, {}, {}
        self._last_id, self._newest_claim, self._unsure, self._wordless = 0, 0, [], []

    def _restore(self, session: Session, page: Sequence[rows.Signature]) -> None:
        """Remember what others wrote of new claims and of those that are remembered; the rest stays where it is."""
        new = self._newest_claim
        wanted = [found for found in page if found.claim_id > new or self._name(found.claim_id) in self._index]
        self._remember(session, wanted)
        self._newest_claim = max(new, *(found.claim_id for found in page))
        self._last_id = page[-1].id
        self._unsure = [(page[-1].id, page[-1].claim_id)]

    def _remember(self, session: Session, page: Sequence[rows.Signature]) -> None:
        _fill(session, self._index, [self._name(found.claim_id) for found in page], page)

    def _name(self, claim_id: int) -> str:
        return self._names.get(claim_id, str(claim_id))

    def _let_go(self) -> None:
        """Forget the quarter of the claims that have had no copy for longest; their keys find them again."""
        by_use = sorted(self._index.clusters, key=lambda cluster: self._used.get(cluster, 0))
        quiet = by_use[: len(by_use) // 4 + 1]
        self._index.forget(quiet)
        for cluster in quiet:
            self._used.pop(cluster, None)
            if (claim_id := self._claims.pop(cluster, None)) is not None:
                self._names.pop(claim_id, None)
        self._remembers_all = False

    def place(self, session: Session, batch: Batch) -> list[Placed]:
        """Say for each post, in order, which claim it belongs to; after ``catch_up``.

        A post that is like nothing remembered is looked up by its keys among all claims, and then by its pictures.
        Under a picture a few words are not asked where the picture is known, nor where they would go with any other.
        """
        self._forget_wordless()
        names = [f"{_FOUNDED}{number}" for number in range(self._serial, self._serial + len(batch))]
        self._serial += len(batch)
        pictures = batch.pictures()
        known = self._known_pictures(session, pictures)
        shown = _shown(batch, pictures, known)
        spoken = [row for row in range(len(batch)) if row not in shown]
        signed = batch.signed.take(np.array(spoken, np.int64)) if shown else batch.signed
        found = dict(zip(spoken, self._index.add_signed([names[row] for row in spoken], signed), strict=True))
        founders = [row for row, each in found.items() if each.is_new]
        homes = {} if self._remembers_all else self._recalled(session, batch, founders)
        leads_on = {found[row].cluster: home for row, home in homes.items()}
        clusters = [found[row].cluster if row in found else name for row, name in enumerate(names)]
        leads_on |= _led_by_pictures(pictures, known, clusters, leads_on, shown.union(founders).difference(homes))
        self._merge(session, leads_on)
        self._round += 1
        placed = []
        for row, cluster in enumerate(clusters):
            home = leads_on.get(cluster, cluster)
            self._used[home] = self._round
            placed.append(Placed(home, home == names[row], found[row].stored if row in found else None))
        self._wordless = [placed[row].cluster for row in shown if placed[row].is_new]
        return placed

    def _merge(self, session: Session, leads_on: Mapping[str, str]) -> None:
        """Let what was founded in the index go to the clusters that it leads on to, whose wordings are read before."""
        moved = {gone: home for gone, home in leads_on.items() if gone in self._index}
        strange = {home for home in moved.values() if home not in self._index and not self._is_unnamed(home)}
        missing = [self.claim_of(home) for home in strange]
        self._remember(session, rows.signatures_of(session, missing) if missing else [])
        self._index.merge_all((home, gone) for gone, home in moved.items())

    def _is_unnamed(self, cluster: str) -> bool:
        """Tell whether a cluster is of the batch at hand, and so has no claim yet."""
        return cluster.startswith(_FOUNDED) and cluster not in self._claims

    def _forget_wordless(self) -> None:
        """Drop the names of claims that have no wording in the index: they are found by their pictures and numbers."""
        for cluster in self._wordless:
            if cluster not in self._index:
                self._used.pop(cluster, None)
                if (claim_id := self._claims.pop(cluster, None)) is not None:
                    self._names.pop(claim_id, None)
        self._wordless = []

    def _recalled(self, session: Session, batch: Batch, founders: Sequence[int]) -> dict[int, str]:
        """Give for rows that copy a claim which is not remembered its cluster; it is remembered from now on.

        Some rows at a time, because each may bring dozens of wordings into memory for a moment.
        """
        homes: dict[int, str] = {}
        wordings: dict[str, Sequence[rows.Signature]] = {}
        for start in range(0, len(founders), _RECALLED_AT_ONCE):
            some = founders[start : start + _RECALLED_AT_ONCE]
            signed = batch.signed.take(np.array(some, np.int64))
            kept = self._like_quiet(session, signed.keys())
            if not kept:
                continue
            aside = NearDuplicateIndex()
            together = list(chain.from_iterable(kept.values()))
            _fill(session, aside, [str(signature.claim_id) for signature in together], together)
            found = {row: home for row, home in zip(some, aside.find(signed), strict=True) if home is not None}
            homes |= found
            wordings |= {home: kept[home] for home in found.values()}
        self._remember(session, list(chain.from_iterable(wordings.values())))
        return homes

    def _like_quiet(self, session: Session, keys: Keys) -> Mapping[str, Sequence[rows.Signature]]:
        """Give the wordings of the claims that are not remembered and share most of the keys of some text."""
        quiet = {claim_id for claim_id in claims_like(session, keys) if self._name(claim_id) not in self._index}
        kept: defaultdict[str, list[rows.Signature]] = defaultdict(list)
        for signature in rows.signatures_of(session, quiet) if quiet else ():
            kept[str(signature.claim_id)].append(signature)
        return kept

    def _known_pictures(self, session: Session, pictures: Mapping[int, Sequence[str]]) -> dict[str, str]:
        """Give for each picture that a claim has its cluster."""
        if not pictures:
            return {}
        claims = rows.claims_by_media(session, set(chain.from_iterable(pictures.values())))
        return {phash: self._name(claim_id) for phash, claim_id in claims.items()}

    @property
    def n_remembered(self) -> int:
        """Wordings in memory."""
        return self._index.n_representatives

    def claim_of(self, cluster: str) -> int:
        """Give the claim of a cluster that has one."""
        return self._claims[cluster] if cluster.startswith(_FOUNDED) else int(cluster)

    def founded(self, cluster: str, claim_id: int) -> None:
        """Tell which claim was made for a new cluster."""
        self._claims[cluster] = claim_id
        self._names[claim_id] = cluster
        self._newest_claim = max(self._newest_claim, claim_id)

    def remember(self, added: Sequence[tuple[int, int]]) -> None:
        """Note number and claim of what was written for ``place``'s answers; believed once it is read back."""
        if added:
            self._unsure.extend(added)
            self._last_id = added[-1][0]

    # ---- which clarification -------------------------------------------------------------------------------------

    def match(self, session: Session, texts: Sequence[str]) -> list[list[Match]]:
        """Give for each text the clarifications that it resembles, likeliest first, and only those."""
        self.read_library(session)
        return self.resembling(texts)

    def resembling(self, texts: Sequence[str]) -> list[list[Match]]:
        """Answer as ``match`` does, from the library as it was last read."""
        with self._library_lock:
            if not texts or not self._versions:
                return [[] for _ in texts]
            return [
                [match for match in found if match.status is not Strength.NONE]
                for found in self._matcher.search_many(texts, k=MATCHES_KEPT)
            ]

    @property
    def matcher_version(self) -> str:
        """Name the matcher, for the record of a suggestion."""
        return self._matcher.version

    def read_library(self, session: Session) -> None:
        """Bring the matcher to what the library holds."""
        with self._library_lock:
            self._refresh_library(session)

    def _refresh_library(self, session: Session) -> None:
        state = rows.library_state(session)
        if state == self._library:
            return
        versions = rows.library_versions(session)
        gone = [number for number in self._versions if versions.get(number) != self._versions[number]]
        new = [number for number in versions if versions[number] != self._versions.get(number)]
        records = [Record(str(number), title, body) for number, title, body in rows.library_texts(session, new)]
        if self._versions:
            self._matcher.remove([str(number) for number in gone])
            self._matcher.add(records)
        else:
            self._matcher = Matcher.build(records)
        self._versions, self._library = versions, state

    # ---- how alike -----------------------------------------------------------------------------------------------

    def scores(self, texts: Sequence[str]) -> list[Score]:
        """Score texts with reasons."""
        return self.scorer.score_many(texts)


def _shown(batch: Batch, pictures: Mapping[int, Sequence[str]], known: Collection[str]) -> set[int]:
    """Name the rows that are placed by their pictures alone, whatever their words are like."""
    seen = set(known)
    shown = set()
    for row, carried in pictures.items():
        reading = batch.readings[row]
        if says_little(reading) and (not seen.isdisjoint(carried) or goes_with_anything(reading)):
            shown.add(row)
        seen.update(carried)
    return shown


def _led_by_pictures(
    pictures: Mapping[int, Sequence[str]],
    known: Mapping[str, str],
    clusters: Sequence[str],
    leads_on: Mapping[str, str],
    free: Collection[int],
) -> dict[str, str]:
    """Give for clusters of free rows, which are no copies, those that their pictures belong to.

    Args:
        pictures: what rows carry, in the rows' order.
        known: the cluster of each picture that a claim has; others belong to the first row that carries them.
        clusters: where each row stands by its words.
        leads_on: clusters of the batch that others took over.
        free: rows that their pictures may lead elsewhere.
    """
    first = dict(known)
    led: dict[str, str] = {}
    for row, carried in pictures.items():
        own = clusters[row]
        home = leads_on.get(own, led.get(own, own))
        if row in free:
            home = next((first[phash] for phash in carried if phash in first), own)
            if home != own:
                led[own] = home
        for phash in carried:
            first.setdefault(phash, home)
    return led


def claims_like(session: Session, keys: Keys) -> set[int]:
    """Name the kept claims that each text, by its keys, int64 (n, k), is to be compared with."""
    return sharing_most(keys, rows.claims_by_bands(session, np.unique(keys), _NEWEST_OF_KEY), _VERIFIED)


def sharing_most(keys: Keys, sharing: Keys, most: int) -> set[int]:
    """Name the claims that share most keys with each text, a key that m claims have counting for 1 / m.

    Args:
        keys: int64 (n, k): those of n texts, no text with one of them twice.
        sharing: int64 (m, 2): a key and a claim that has it.
        most: claims for each text; of those that share as many keys the newest.
    """
    by_key = sharing[np.argsort(sharing[:, 0], kind="stable")]
    likest = kernels.sharing_most(keys, by_key[:, 0].copy(), by_key[:, 1].copy(), most)
    return set(likest[likest >= 0].tolist())


def _fill(session: Session, index: NearDuplicateIndex, names: Sequence[str], page: Sequence[rows.Signature]) -> None:
    """Put signatures into an index under these names; those of another version are computed again first."""
    if not page:
        return
    try:
        index.restore(names, [found.payload for found in page])
    except SignatureFormatError:
        index.restore(names, [found.payload for found in _signed_anew(session, page)])


def _signed_anew(session: Session, page: Sequence[rows.Signature]) -> list[rows.Signature]:
    """Sign claims again whose signatures another version of the kernel wrote, each by the post that founded it."""
    texts = rows.founding_texts(session, [found.claim_id for found in page])
    signed = signatures([normalise(texts.get(found.claim_id, "")) for found in page])
    fresh = [rows.Signature(found.id, found.claim_id, signed.pack(i)) for i, found in enumerate(page)]
    rows.rewrite_signatures(session, fresh)
    return fresh


def reason_rows(score: Score) -> list[dict[str, Any]]:
    """Give a score's reasons as they are stored and sent: a code, the words, and what they add to the logit."""
    return [
        {"code": reason.code.value, "words": reason.text, "weight": round(reason.weight, 4)} for reason in score.reasons
    ]


@lru_cache(maxsize=_MACHINES_KEPT)
def _scorer(model_dir: Path | None) -> Scorer:
    try:
        return artifact.load(model_dir) if model_dir else artifact.released(artifact.JUDGE)
    except ArtifactError as error:
        raise UnavailableError(mark("Model tidak dapat dibuka: {why}"), why=str(error)) from None


@lru_cache(maxsize=1)
def quick_scorer() -> Scorer:
    """Give the process's quick scorer: the first stage, which reads every post."""
    try:
        return artifact.released(artifact.QUICK)
    except ArtifactError as error:
        raise UnavailableError(mark("Model tidak dapat dibuka: {why}"), why=str(error)) from None


class _Parts:
    """What one process keeps for one database: the model that answers, and the machine around it."""

    def __init__(self, model_dir: Path | None, store: Path) -> None:
        self.holder = ModelHolder(ModelStore(store), lambda: _scorer(model_dir))

    @cached_property
    def machine(self) -> Machine:
        return Machine(quick_scorer())


@lru_cache(maxsize=_MACHINES_KEPT)
def _parts(_address: str, model_dir: Path | None, store: Path) -> _Parts:
    return _Parts(model_dir, store)


_making = Lock()


def holder_for(settings: Settings) -> ModelHolder:
    """Give the process's holder of models for one database; no model is opened before one is asked for a score."""
    with _making:
        return _parts(settings.database, settings.model_dir, settings.models).holder


def scorer_for(settings: Settings) -> Scorer:
    """Give the process's scorer, whichever model it is; its answers raise ``UnavailableError`` where none opens."""
    return holder_for(settings)


def machine_for(settings: Settings) -> Machine:
    """Give the process's machine for one database, made when it is first asked for."""
    with _making:
        return _parts(settings.database, settings.model_dir, settings.models).machine


def match_row(claim_id: int, match: Match, machine: Machine, ctx: Context) -> dict[str, Any]:
    """Give a suggestion as it is stored: the machine's thought, to be confirmed or rejected by a human."""
    return {
        "claim_id": claim_id,
        "clarification_id": int(match.id),
        "score": float(match.score),
        "machine_status": str(match.status),
        "machine_version": machine.matcher_version,
        "status": MatchStatus.SUGGESTED,
        "created_at": ctx.now,
    }


def rematch(ctx: Context, machine: Machine, claim_id: int) -> int:
    """Ask the library again about one claim; give how many suggestions stand undecided.

    What a human confirmed or rejected stays as it is; suggestions that nobody decided on follow the machine.
    """
    claim = rows.lock_claims(ctx.session, [claim_id]).get(claim_id)
    if claim is None:
        raise NotFoundError(mark("Klaim itu tidak ada."))
    texts = [claim.wording, *rows.representative_texts(ctx.session, claim_id, 1)]
    found: dict[int, Match] = {}
    for matches in machine.match(ctx.session, texts):
        for match in matches:
            known = found.get(int(match.id))
            if known is None or match.score > known.score:
                found[int(match.id)] = match
    stale: list[int] = []
    for row in rows.matches_of(ctx.session, claim_id):
        again = found.pop(row.clarification_id) if row.clarification_id in found else None
        if row.status is not MatchStatus.SUGGESTED:
            continue
        if again is None:
            stale.append(row.id)
        else:
            row.score, row.machine_status = float(again.score), str(again.status)
            row.machine_version = machine.matcher_version
    rows.drop_suggestions(ctx.session, stale)
    rows.add_matches(ctx.session, [match_row(claim_id, match, machine, ctx) for match in found.values()])
    figures.measure(ctx, [claim_id])
    undecided = sum(row.status is MatchStatus.SUGGESTED for row in rows.matches_of(ctx.session, claim_id))
    audit.append(ctx, "claim.rematch", "claim", claim_id, suggested=undecided)
    return undecided
