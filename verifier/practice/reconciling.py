"""Reconciliation (结算核对): which lines of a claims file have a practice window behind them.

Reading and sorting are pure; the answers come from `introspect.answers`, as a HIS gets them. A line
without a match accuses nobody: it says what could not be found, and why.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal, get_args

from verifier.protocol.practice import MOST_QUESTIONS, Introspection, Question

from .registry import HOSPITAL

MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 20_000

Why = Literal[
    "matched",
    "unreadable",
    "unknown_code",
    "no_registration",
    "supervisor_not_in",
    "payment_suspended",
    "payment_ended",
    "denied",
    "another_site",
    "no_window",
    "deferred",
    "other_institution",
    "too_long_ago",
    "in_the_future",
]
WHYS: tuple[Why, ...] = get_args(Why)

_WHY: dict[str, Why] = {
    "practice.unknown": "unknown_code",
    "practice.no_registration": "no_registration",
    "practice.supervisor_not_in": "supervisor_not_in",
    "practice.payment_suspended": "payment_suspended",
    "practice.payment_ended": "payment_ended",
    "practice.denied": "denied",
    "practice.at_another_site": "another_site",
    "practice.not_in": "no_window",
    "practice.deferred": "deferred",
    "practice.other_institution": "other_institution",
    "practice.too_long_ago": "too_long_ago",
    "practice.in_the_future": "in_the_future",
}
HEADERS = {
    "code": ("code", "staff code", "staff_code", "医师代码", "人员代码", "代码"),
    "at": ("time", "at", "时间", "诊疗时间", "开单时间"),
    "institution": ("institution", "机构代码", "机构", "定点机构"),
    "own_id": ("id", "line", "line id", "own id", "流水号", "单据号", "明细号"),
}


class ReconcilingRefused(Exception):
    """No file of claims. Codes: `reconcile.too_large`, `reconcile.encoding`,
    `reconcile.unreadable`, `reconcile.no_header`, `reconcile.empty`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Line:
    """One line of the file as it stands there; `question` is None where it cannot be read."""

    number: int
    code: str
    at: str
    institution: str
    own_id: str
    question: Question | None


@dataclass(frozen=True)
class Judged:
    """A line and what was found. `also` are further reasons behind the first."""

    line: Line
    why: Why
    also: tuple[Why, ...] = ()
    answer: Introspection | None = None


def read(data: bytes) -> list[Line]:
    """The lines of a CSV in UTF-8 or GB18030. Raises `ReconcilingRefused`."""
    if len(data) > MOST_BYTES:
        raise ReconcilingRefused("reconcile.too_large", f"{len(data)} bytes")
    rows = _rows(_decoded(data))
    first = next(((number, cells) for number, cells in rows if any(cells)), (0, []))
    columns = _columns(first[1])
    if not {"code", "at"} <= columns.keys():
        raise ReconcilingRefused("reconcile.no_header", "no columns for code and time")
    found = list(islice((_line(*row, columns) for row in rows if any(row[1])), MOST_LINES + 1))
    if len(found) > MOST_LINES:
        raise ReconcilingRefused("reconcile.too_large", f"more than {MOST_LINES} lines")
    if not found:
        raise ReconcilingRefused("reconcile.empty", "nothing stands under the header")
    return found


def batches(lines: Sequence[Line]) -> Iterator[list[Question]]:
    """The questions of the readable lines, as many at once as a HIS may ask."""
    asked = iter([line.question for line in lines if line.question is not None])
    while batch := list(islice(asked, MOST_QUESTIONS)):
        yield batch


def judge(lines: Sequence[Line], answers: Sequence[Introspection]) -> list[Judged]:
    """Every line with what was found; `answers` are those of `batches`, in order."""
    given = iter(answers)
    return [
        Judged(line, "unreadable") if line.question is None else judged(line, next(given))
        for line in lines
    ]


def judged(line: Line, answer: Introspection) -> Judged:
    """What an answer means for its line. Total: whatever is not matched has a reason."""
    found = [_WHY[reason] for reason in answer.reasons if reason in _WHY]
    order = sorted(dict.fromkeys(found), key=WHYS.index)
    if not order:
        order = ["matched" if answer.active else "no_window"]
    return Judged(line, order[0], tuple(order[1:]), answer)


def counts(found: Sequence[Judged]) -> dict[Why, int]:
    """How many lines for each reason, in the order of `WHYS`; what did not occur is left out."""
    counted = Counter(one.why for one in found)
    return {why: counted[why] for why in WHYS if counted[why]}


def moment_of(text: str) -> datetime | None:
    """A time as files write it, Asia/Shanghai where no offset is said; None for no time."""
    plain = text.strip().replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "")
    for shape in (None, "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y%m%d%H%M"):
        try:
            if shape is None:
                found = datetime.fromisoformat(plain)
            else:
                found = datetime.strptime(plain, shape)  # noqa: DTZ007  (put right below)
        except ValueError:
            continue
        only_a_day = shape is None and len(plain) <= len("2026-11-27")
        return None if only_a_day else _in_time(found)
    return None


def _in_time(found: datetime) -> datetime | None:
    if not 1970 <= found.year <= 2200:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=HOSPITAL)


def _line(number: int, cells: Sequence[str], columns: dict[str, int]) -> Line:
    def cell(name: str) -> str:
        place = columns.get(name)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    code, at, institution = cell("code").upper(), cell("at"), cell("institution").upper()
    moment = moment_of(at)
    fits = moment is not None and 0 < len(code) <= 32 and len(institution) <= 32
    question = Question(code=code, at=moment, institution=institution or None) if fits else None
    return Line(number, code[:64], at[:64], institution[:64], cell("own_id")[:64], question)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        for name, words in HEADERS.items():
            if cell.strip().lower() in words:
                found.setdefault(name, place)
    return found


def _decoded(data: bytes) -> str:
    if b"\0" in data:
        raise ReconcilingRefused("reconcile.encoding", "UTF-16, or no text")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ReconcilingRefused("reconcile.encoding", "neither UTF-8 nor GB18030")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text[:20_000]
    delimiter = max(",\t;", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        message = f"line {reader.line_num}: {error}"
        raise ReconcilingRefused("reconcile.unreadable", message) from None
