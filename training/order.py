"""What a training run is told beside its recipe, and what it leaves behind, whatever the kind of model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from data.sources.moderated import moderated_present
from data.sources.originals import present
from data.sources.tables import data_folder
from eval.run import Report
from models.artifact import Manifest

Progress = Callable[[str], None]
"""Takes one sentence a step."""


@dataclass(frozen=True, slots=True)
class Order:
    """Where to read, where to write, whom to tell and when it was asked.

    `tables` None means the folder that SULUH_DATA_DIR names. `base` takes the place of the base that an encoder's
    recipe names. `despite` says why rows that fail the leak audit are trained on; the reason stays in manifest and
    card. `seed` takes the place of the seed of an encoder's last stage.
    """

    tables: Path | None
    folder: Path
    progress: Progress
    now: datetime
    base: str = ""
    despite: str = ""
    seed: int | None = None

    @property
    def source(self) -> Path:
        """The folder of the tables; DataError where there is none."""
        return data_folder(self.tables)

    def lacks(self, names: Iterable[str]) -> bool:
        """True, and told, where a recipe names public sources beside the tables and none of them was fetched.

        It is then trained on the tables alone, and its manifest holds the recipe without them; where some are there
        and others are not, reading the rows says which.
        """
        wanted = set(names)
        if not wanted or wanted.intersection((*present(self.source), *moderated_present(self.source))):
            return False
        self.progress(
            "none of the public collections that the recipe names is here, so it is trained on the tables alone; "
            "`suluh data pull` fetches them"
        )
        return True


@dataclass(frozen=True, slots=True)
class Made:
    """What a run left behind: an artefact, and the reports that its figures come from.

    A report's name begins the names of its figures: nothing for these weights' own, `twin.` for their twin's.
    """

    folder: Path
    manifest: Manifest
    reports: Mapping[str, Report] = field(default_factory=dict)
