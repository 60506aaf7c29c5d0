"""One way to say which rows a model was made from: the same rows give the same words on every machine."""

from collections.abc import Iterable
from hashlib import sha256

from data.schema import Example


def fingerprint(rows: Iterable[Example]) -> str:
    """SHA-256 in hex over id, label and text of `rows`, in order of id; their order here does not matter.

    Neither the file format nor the version of a library enters it, which is why the hash that `datasets` keeps of
    its own tables is not used.
    """
    digest = sha256()
    for row in sorted(rows, key=lambda one: one.id):
        digest.update(f"{row.id}\t{row.label}\t{row.text}\n".encode("utf-8", "replace"))
    return digest.hexdigest()
