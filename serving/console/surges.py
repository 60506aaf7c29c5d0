"""The sentence of a surge names the window that shows it: four hours may surge while the last of them is quiet."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from serving.i18n import mark

# By the length of the window in quarters of an hour (``models.trends.WINDOWS``).
SURGES: Final = MappingProxyType(
    {
        1: mark("{n} kiriman dalam seperempat jam; biasanya sekitar {usual}"),
        4: mark("{n} kiriman dalam satu jam; biasanya sekitar {usual}"),
        16: mark("{n} kiriman dalam empat jam; biasanya sekitar {usual}"),
    }
)
