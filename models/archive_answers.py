"""What is asked of an archive: scores, matches, and the signatures that clustering joins.

Each answerer calls the function that the command for lines calls, so a text is answered alike in both. It carries
names only; every process loads the weights or the library once, when it first answers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

import pyarrow as pa

from data.duplicates import Signatures, signatures
from data.lines import batches
from data.normalise import normalise
from models.archive import ArchiveError, checksum
from models.artifact import load, released
from models.cli import as_json
from models.matcher import Matcher
from models.retrieval import Record
from models.score import Scorer

_REASON: Final = pa.struct([("code", pa.string()), ("text", pa.string()), ("weight", pa.float64())])
_SCORES: Final = pa.schema(
    [("p_hoax", pa.float64()), ("band", pa.string()), ("reasons", pa.list_(_REASON)), ("model", pa.string())]
)
_EXACT, _MINHASH, _WORDS = "signed_exact", "signed_minhash", "signed_words"
SIGNATURES: Final = pa.schema(
    [(_EXACT, pa.uint64()), (_MINHASH, pa.list_(pa.uint32(), 64)), (_WORDS, pa.list_(pa.uint64()))]
)
_SHORT: Final = 8


@dataclass(frozen=True, slots=True)
class ScoreAnswerer:
    """Scores as `suluh score` gives them; `model` is a released name or a folder that every process can read."""

    model: str
    version: str

    @classmethod
    def of(cls, model: str) -> Self:
        """Load the model once here, so that a wrong name is told before anything starts; ArtifactError for one."""
        return cls(model, scorer_of(model).version)

    @property
    def columns(self) -> pa.Schema:
        """`p_hoax`, `band`, `reasons`, `model`."""
        return _SCORES

    def answer(self, texts: Sequence[str]) -> list[pa.Array]:
        """Scores with their reasons; ArchiveError where this machine has other weights of that name."""
        scorer = scorer_of(self.model)
        if scorer.version != self.version:
            raise ArchiveError(f"A machine of the cluster has {scorer.version}, not {self.version}; install the same.")
        answers = [as_json(answer) for answer in scorer.score_many(texts)]
        return [pa.array([answer[field.name] for answer in answers], field.type) for field in _SCORES]


@cache
def scorer_of(model: str) -> Scorer:
    """The released model of that name or the artefact in that folder, loaded once a process; ArtifactError."""
    return load(Path(model)) if Path(model).is_dir() else released(model)


@dataclass(frozen=True, slots=True)
class MatchAnswerer:
    """Matches as `suluh match` gives them; `library` is a file of JSON lines that every process can read."""

    library: Path
    sha256: str
    has_numbers: bool

    @classmethod
    def of(cls, library: Path) -> Self:
        """Read the library once here, so that what is wrong with it is told first; ArchiveError for that."""
        sha256 = checksum(library)
        kinds = {type(name) for name in _library(library, sha256)[1].values()}
        if len(kinds) > 1:
            raise ArchiveError(f"{library} has ids that are texts and ids that are numbers; a column holds one kind.")
        return cls(library, sha256, kinds == {int})

    @property
    def version(self) -> str:
        """The method and the beginning of the library's checksum."""
        return f"{Matcher.version}-{self.sha256[:_SHORT]}"

    @property
    def columns(self) -> pa.Schema:
        """`matches`: up to ten of `id`, `score`, `status`, surest first."""
        kind = pa.int64() if self.has_numbers else pa.string()
        match = pa.struct([("id", kind), ("score", pa.float64()), ("status", pa.string())])
        return pa.schema([("matches", pa.list_(match))])

    def answer(self, texts: Sequence[str]) -> list[pa.Array]:
        """The ten best clarifications for each text; ArchiveError where this machine reads another library."""
        matcher, ids = _library(self.library, self.sha256)
        found = [
            [{"id": ids[match.id], "score": round(match.score, 6), "status": match.status.value} for match in matches]
            for matches in matcher.search_many(texts)
        ]
        return [pa.array(found, self.columns.field("matches").type)]


@cache
def _library(path: Path, sha256: str) -> tuple[Matcher, dict[str, str | int]]:
    """The matcher of a library with that checksum, and its ids as they were written."""
    if checksum(path) != sha256:
        raise ArchiveError(f"{path} changed, or is another file on another machine; start again.")
    records: list[Record] = []
    ids: dict[str, str | int] = {}
    with path.open("rb") as lines:
        for batch in batches(lines, ("title", "text")):
            if batch.complaints:
                raise ArchiveError(f"{path}, {batch.complaints[0]}.")
            # 7 and "7" are two ids.
            ids |= {json.dumps(row.id): row.id for row in batch.rows}
            records += [Record(json.dumps(row.id), *row.texts) for row in batch.rows]
    return Matcher.build(records), ids


@dataclass(frozen=True, slots=True)
class SignatureAnswerer:
    """Signatures as `suluh cluster` compares them; what makes them is this release's code."""

    version: str

    @property
    def columns(self) -> pa.Schema:
        """The arrays of `data.duplicates.Signatures`, a row a text."""
        return SIGNATURES

    def answer(self, texts: Sequence[str]) -> list[pa.Array]:
        """Signatures of the cleaned texts."""
        signed = signatures([normalise(text) for text in texts])
        return [
            pa.array(signed.exact),
            pa.FixedSizeListArray.from_arrays(pa.array(signed.minhash.ravel()), type=SIGNATURES.field(_MINHASH).type),
            pa.ListArray.from_arrays(pa.array(signed.starts, pa.int32()), pa.array(signed.words)),
        ]


def signatures_in(batch: pa.RecordBatch) -> Signatures:
    """The signatures that `SignatureAnswerer` wrote, without a copy where a batch allows it."""
    words = batch.column(_WORDS)
    starts = words.offsets.to_numpy().astype("int64")
    minhash = batch.column(_MINHASH).flatten().to_numpy().reshape(batch.num_rows, -1)
    return Signatures(
        exact=batch.column(_EXACT).to_numpy(),
        minhash=minhash,
        words=words.flatten().to_numpy(),
        starts=starts - starts[0],
    )
