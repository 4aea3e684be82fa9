"""A reconciliation as CSV or XLSX: a row a line of the file, in its order, and no row a person."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from verifier.shifts.sheet import escaped

from .reconciling import Judged
from .registry import HOSPITAL

COLUMNS = (
    "row",
    "own_id",
    "code",
    "time",
    "institution",
    "result",
    "also",
    "opened",
    "closes",
    "site",
    "way",
    "state",
)
"""As the catalogue names them behind `console.practice.column.`."""

_NOT_HELD = ("Cc", "Cf", "Cs", "Cn")
Words = Callable[[str], str]


def write_csv(found: Sequence[Judged], words: Words) -> bytes:
    """CSV in UTF-8 with a byte order mark (spreadsheets ask for it). `words` is a translator."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows(found, words))
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(found: Sequence[Judged], words: Words) -> bytes:
    """The same as an XLSX workbook, texts only."""
    import openpyxl  # a verifier without the console has none

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("1")
    sheet.freeze_panes = "A2"
    for row in rows(found, words):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def rows(found: Sequence[Judged], words: Words) -> Iterator[list[str]]:
    """The header, and a row for every line; nothing in it is a formula."""
    yield [words(f"console.practice.column.{name}") for name in COLUMNS]
    for one in found:
        yield [plain(cell) for cell in _cells(one, words)]


def plain(text: str) -> str:
    """On one line, without what a workbook cannot hold, and no formula."""
    held = (c for c in text if c.isspace() or unicodedata.category(c) not in _NOT_HELD)
    return escaped(" ".join("".join(held).split()))


def _cells(one: Judged, words: Words) -> list[str]:
    line, answer = one.line, one.answer
    also = "; ".join(words(f"console.practice.why.{why}") for why in one.also)
    said = [str(line.number), line.own_id, line.code, line.at, line.institution]
    said += [words(f"console.practice.why.{one.why}"), also]
    if answer is None or answer.nbf is None or answer.exp is None or answer.way is None:
        return said + [""] * (len(COLUMNS) - len(said))
    state = words(f"console.practice.state.{answer.window_state}")
    way = words(f"console.practice.way.{answer.way}")
    return [*said, _local(answer.nbf), _local(answer.exp), answer.site or "", way, state]


def _local(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone(HOSPITAL).strftime("%Y-%m-%d %H:%M:%S")
