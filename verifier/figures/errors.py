"""What cannot be counted as it was asked for."""

from typing import Literal

Code = Literal[
    "figures.day_malformed",
    "figures.days_reversed",
    "figures.too_long",
    "figures.too_early",
    "figures.too_late",
    "figures.filter_unknown",
]


class FiguresRefused(Exception):
    """Of `figures.filter_unknown` and `figures.day_malformed`, `field` is what was wrong."""

    def __init__(self, code: Code, field: str = "") -> None:
        super().__init__(f"{code}: {field}" if field else code)
        self.code = code
        self.field = field
