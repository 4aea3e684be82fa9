"""What a batch would do, told before anybody is enrolled."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from verifier.policy.models import Policy

from ..application import application_of, listed
from ..errors import PersonRefused
from ..table import COLUMNS, REQUIRED, Table
from .zipped import ZippedPhotos


@dataclass(frozen=True)
class Preview:
    """Counts, and lines where something is to be looked at; no name and no number.

    Attributes:
        columns: meanings that were found, in the order of `table.COLUMNS`.
        ignored: headers without a meaning here.
        photos: files in the ZIP.
        spare: photos that no row names.
        without: lines none of whose photos is in the ZIP.
        refused: lines that will be refused by their cells alone, and why; the first of each.
        reasons: how many of each reason.
        notices: how many rows rest on each notice of the policy's, in its order.
    """

    encoding: str
    rows: int
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    photos: int
    spare: int
    without: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]
    reasons: dict[str, int]
    notices: dict[str, int]

    @property
    def good(self) -> int:
        """Rows whose photos will be judged."""
        lines = {line for line, _ in self.refused} | set(self.without)
        return self.rows - len(lines)


def look(table: Table, photos: ZippedPhotos, policy: Policy, today: date) -> Preview:
    """Look at every row; no photo is opened."""
    used: set[str] = set()
    without: list[int] = []
    refused: list[tuple[int, str]] = []
    numbers: set[str] = set()
    for row in table.rows:
        found = {photos.find(name) for name in listed(row.get("photo"))} - {None}
        used |= {name for name in found if name}
        if not found:
            without.append(row.line)
        try:
            number = application_of(row, policy, today).number.number
            if number in numbers:
                raise PersonRefused("number_twice")
            numbers.add(number)
        except PersonRefused as told:
            refused.append((row.line, told.code))
    there = set(table.rows[0].cells) | set(REQUIRED)
    return Preview(
        encoding=table.encoding,
        rows=len(table.rows),
        columns=tuple(name for name in COLUMNS if name in there),
        ignored=table.ignored,
        photos=len(photos.names),
        spare=len(photos.names - used),
        without=tuple(without),
        refused=tuple(refused),
        reasons=dict(Counter(code for _, code in refused).most_common()),
        notices=_notices(table, policy),
    )


def _notices(table: Table, policy: Policy) -> dict[str, int]:
    """A version that the policy does not know is told as a reason, and not by its text."""
    found = Counter(row.get("notice_version") for row in table.rows)
    return {each.version: found[each.version] for each in policy.notices if found[each.version]}
