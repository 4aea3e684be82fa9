"""Import a table: each row by itself, in order, whatever becomes of the others.

Photos of the next rows are judged by worker threads while the database is asked about this one. A
row is done when its transaction has been committed; stopping after any row loses nothing, and the
next run goes on from there, since who is enrolled already costs one look.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from codes.names import masked
from verifier.policy.models import ENROLMENT, Policy

from .application import CHINA, Application, application_of, listed, masked_number
from .errors import EnrollRefused, PersonRefused
from .photos import Photo, Photos
from .reasons import column_of, detail_of
from .samples import Faces, LeftOut, Samples, samples_of
from .service import Enrolled, Enroller, Record
from .table import Row

Outcome = Literal["enrolled", "updated", "already_enrolled", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("enrolled", "updated", "already_enrolled", "refused")


@dataclass(frozen=True)
class RowResult:
    """What became of one row. Nothing in it is readable beyond a mask.

    Attributes:
        detail, detail_en: why it was refused, in Chinese and English.
        column: where to look, a key of `table.COLUMNS`.
    """

    line: int
    outcome: Outcome
    masked_number: str
    masked_name: str
    code: str | None = None
    detail: str | None = None
    photos_used: int = 0
    quality: float | None = None
    left_out: tuple[LeftOut, ...] = ()
    detail_en: str | None = None
    column: str | None = None


Journal = Callable[[Connection, RowResult, Enrolled], None]
"""Is told of a row in the transaction that enrols its person."""


@dataclass(frozen=True)
class _Ready:
    """A row whose photos were judged, or are about to be."""

    row: Row
    application: Application
    source: str
    left_out: tuple[LeftOut, ...]
    samples: "Future[Samples]" = field(repr=False)


@dataclass(frozen=True)
class Import:
    """Everything that a run needs besides its rows.

    Attributes:
        workers: threads that judge photos.
        stop: set it to end after the row at hand.
        journal: told of each row that is enrolled or updated, in that row's transaction.
    """

    enroller: Enroller
    faces: Faces
    folder: Photos
    policy: Policy
    workers: int = 2
    stop: threading.Event = field(default_factory=threading.Event)
    journal: Journal | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """The notices under which a consent to enrolment given today counts."""
        today = datetime.now(CHINA).date()
        own = self.policy.own_in_force(ENROLMENT, today)
        general = [n for n in self.policy.notices if not n.purposes and n.in_force(today)]
        return tuple(notice.version for notice in (own or general))

    def run(self, rows: Iterable[Row], seen: Iterable[str] = ()) -> Iterator[RowResult]:
        """One result a row, in order, until the rows or `stop` end it.

        `seen` are numbers of rows that came before these.

        Raises `EnrollRefused` (`enroll.database_lost`); what was reported until then is stored.
        """
        numbers = set(seen)
        with ThreadPoolExecutor(self.workers, "photos") as pool:
            ahead: deque[RowResult | _Ready] = deque()
            try:
                for row in rows:
                    ahead.append(self._begun(row, numbers, pool))
                    if len(ahead) > 2 * self.workers:
                        yield self._ended(ahead.popleft())
                    if self.stop.is_set():
                        break
                while ahead and not self.stop.is_set():
                    yield self._ended(ahead.popleft())
            except DBAPIError as error:
                raise EnrollRefused(
                    "enroll.database_lost",
                    f"the database is lost ({type(error.orig).__name__}); run again to go on",
                ) from None
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _begun(self, row: Row, seen: set[str], pool: ThreadPoolExecutor) -> "RowResult | _Ready":
        """All but the pixels: the cells, the files, and whether anything is new."""
        try:
            application = application_of(row, self.policy, datetime.now(CHINA).date())
            number = application.number.number
            if number in seen:
                raise PersonRefused("number_twice")
            seen.add(number)
            photos, left_out = self._photos(row)
            source = self.enroller.source_key(photos)
            if done := self.enroller.unchanged(application, source):
                return _told(row, done)
        except PersonRefused as error:
            return _refused(row, error)
        samples = pool.submit(samples_of, self.faces, photos)
        return _Ready(row, application, source, left_out, samples)

    def _ended(self, begun: "RowResult | _Ready") -> RowResult:
        if isinstance(begun, RowResult):
            return begun
        try:
            samples = begun.samples.result()
            record = self._record(begun, samples)
            done = self.enroller.enrol(begun.application, samples, begun.source, record)
        except PersonRefused as error:
            return _refused(begun.row, error, begun.left_out)
        return _told(begun.row, done, samples, begun.left_out)

    def _record(self, begun: _Ready, samples: Samples) -> Record | None:
        journal = self.journal
        if journal is None:
            return None
        return lambda conn, done: journal(
            conn, _told(begun.row, done, samples, begun.left_out), done
        )

    def _photos(self, row: Row) -> tuple[list[Photo], tuple[LeftOut, ...]]:
        """The files that can be read; those that cannot are left out while one is there."""
        names = listed(row.get("photo"))
        if not names:
            raise PersonRefused("photo_missing")
        photos: list[Photo] = []
        left_out: list[LeftOut] = []
        for name in names:
            try:
                photos.append(self.folder.read(name))
            except PersonRefused as error:
                left_out.append(LeftOut(name, error.code))
        if not photos:
            raise PersonRefused(left_out[0].code)
        return photos, tuple(left_out)


def counted(results: Iterable[RowResult]) -> dict[str, int]:
    """How many rows had each outcome, every outcome named."""
    counts = Counter(result.outcome for result in results)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _told(
    row: Row,
    done: Enrolled,
    samples: Samples | None = None,
    left_out: tuple[LeftOut, ...] = (),
) -> RowResult:
    return RowResult(
        line=row.line,
        outcome=done.outcome,
        masked_number=masked_number(row.get("number")),
        masked_name=masked(row.get("name")),
        photos_used=0 if samples is None else len(samples.vectors),
        quality=None if samples is None else round(samples.quality, 3),
        left_out=left_out if samples is None else (*left_out, *samples.left_out),
    )


def _refused(row: Row, error: PersonRefused, left_out: tuple[LeftOut, ...] = ()) -> RowResult:
    return RowResult(
        line=row.line,
        outcome="refused",
        masked_number=masked_number(row.get("number")),
        masked_name=masked(row.get("name")),
        code=error.code,
        detail=error.detail,
        left_out=left_out,
        detail_en=error.detail_en,
        column=column_of(error.code),
    )


def sentence_of(left_out: LeftOut) -> str:
    """A photo that was not used and why, for the report."""
    said = detail_of(left_out.code), detail_of(left_out.code, language="en")
    return f"{left_out.photo}：{' '.join(said)}"
