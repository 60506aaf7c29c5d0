"""Draw the cards that the tests compare with.

    python -m scripts.cards tests/unit/cards

Look at each picture before you commit it: the tests hold every later card against these. Few colours are kept, which
halves the files and moves no pixel by more than the tests let pass.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image

from serving.channels import card
from serving.desk.outreach.kits import CardText
from serving.vocabulary import CardShape

COLOURS = 32
WORDS = CardText(
    kicker="KLARIFIKASI RESMI",
    title="Bank Contoh tidak membagikan kuota; tautan itu mencuri data.",
    issuer="Humas Kementerian Contoh",
    disclosure="Dibagikan oleh ASN Kementerian Contoh Urusan Keterangan yang Panjang",
    link="https://suluh.example/klarifikasi/bank-contoh-tidak-membagikan-kuota",
)


def main() -> None:
    """Write one PNG a shape into the folder that is named."""
    folder = Path(sys.argv[1])
    for shape in CardShape:
        drawn = Image.open(BytesIO(card.draw(WORDS, shape)))
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(folder / f"{shape}.png", optimize=True)


if __name__ == "__main__":
    main()
