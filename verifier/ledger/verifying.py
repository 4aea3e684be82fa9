"""Whether the ledger is still what was sealed: every row against its leaf, every leaf against the
signed roots.

What a checkpoint covers is proved by it and by nothing else: who can write to the database and has
the keys can re-sign all that stands there. So the checkpoint that counts is one that lay elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, text

from verifier.protocol import jose
from verifier.protocol.checkpoint import Checkpoint, CheckpointRefused, check, digest
from verifier.protocol.merkle import Frontier
from verifier.protocol.values import b64url, from_b64url
from verifier.trust.keys import KeyRing

from .entries import LedgerRefused, leaf_hash
from .rows import check_rows

MOST_FINDINGS = 50
_BATCH = 2_000

_SEALED = text(
    "SELECT s.position, s.seq, s.leaf AS sealed, l.institution, l.kind, l.at, l.body, l.leaf "
    "FROM ledger_leaves AS s LEFT JOIN ledger AS l ON l.seq = s.seq "
    "WHERE s.institution = :institution ORDER BY s.position"
)
_CHECKPOINTS = text(
    "SELECT size, compact FROM checkpoints WHERE institution = :institution ORDER BY size"
)
_LOOSE = text(
    "SELECT l.seq, l.kind, l.at, l.at > now() - interval '10 minutes' AS fresh "
    "FROM ledger AS l WHERE l.institution = :institution "
    "AND NOT EXISTS (SELECT 1 FROM ledger_leaves AS s WHERE s.seq = l.seq) ORDER BY l.seq"
)
_LAST = text("SELECT max(seq) FROM ledger_leaves WHERE institution = :institution")

KeyFinder = Callable[[str], jose.SigningKey | None]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed.

    Codes: `entry.removed`, `entry.changed`, `entry.moved` (a place is missing or taken by another
    institution's entry), `entry.added` (it never was sealed, and later ones were), `root.differs`,
    `checkpoint.invalid`, `checkpoint.unchained`, `ledger.shorter`, and those of `rows`:
    `decision.…`, `receipt.…`, `consent.…`.
    """

    code: str
    position: int | None = None
    seq: int | None = None
    kind: str | None = None
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class Report:
    """What a verification found.

    Attributes:
        proved: how many entries, from the first, are as a trusted checkpoint says; the next and all
            later ones are not proved.
        trusted: size of the largest given checkpoint, or of the newest stored one.
        waiting: entries that are not sealed yet.
    """

    entries: int
    proved: int
    trusted: int
    waiting: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings

    @property
    def first(self) -> Finding | None:
        """The finding that lies earliest in the ledger."""
        placed = [one for one in self.findings if one.position is not None]
        return min(placed, key=lambda one: one.position or 0, default=None) or next(
            iter(self.findings), None
        )


def verify(
    conn: Connection,
    institution: str,
    find_key: KeyFinder,
    given: Sequence[str] = (),
    progress: Callable[[int], None] = lambda _: None,
    keyring: KeyRing | None = None,
) -> Report:
    """Check everything of one institution.

    Args:
        find_key: the checkpoint key by its `kid`.
        given: checkpoints that were kept elsewhere, compact.
        progress: hears how many entries were checked.
        keyring: with it decisions, receipts and consents are checked against their entries too.

    Raises `CheckpointRefused` for a given one that is none of this institution and key.
    """
    trusted = [check(compact, find_key, institution) for compact in given]
    stored, findings = _stored(conn, institution, find_key)
    awaited = sorted(
        [(one, True) for one in trusted] + [(one, False) for one in stored],
        key=lambda pair: pair[0].size,
    )
    walk = _Walk(conn, institution, awaited, findings, bool(trusted))
    if keyring is not None:
        found = list(check_rows(conn, institution, keyring))
        walk.rows_found(Finding(**vars(one)) for one in found)
    return walk.report(progress)


def _stored(
    conn: Connection, institution: str, find_key: KeyFinder
) -> tuple[list[Checkpoint], list[Finding]]:
    """The stored checkpoints that are sound, and what is wrong with the others or their chain."""
    sound, findings, previous = [], [], None
    for size, compact in conn.execute(_CHECKPOINTS, {"institution": institution}):
        try:
            found = check(compact, find_key, institution)
        except CheckpointRefused:
            findings.append(Finding("checkpoint.invalid", size - 1, words=f"size {size}"))
            previous = digest(compact)
            continue
        if found.size != size or found.previous != previous:
            findings.append(Finding("checkpoint.unchained", size - 1, words=f"size {size}"))
        sound.append(found)
        previous = digest(compact)
    return sound, findings


class _Walk:
    """One pass over the entries in their sealed order."""

    def __init__(
        self,
        conn: Connection,
        institution: str,
        awaited: list[tuple[Checkpoint, bool]],
        findings: list[Finding],
        outside: bool,
    ) -> None:
        self._conn, self._institution = conn, institution
        self._awaited, self._findings = awaited, findings
        self._counts = [one for one, given in awaited if given or not outside]
        self._tree = Frontier()
        self._agreed = 0
        """Size of the last root that was as a checkpoint says."""
        self._empty = 0
        """Places found empty so far."""
        self._beside: tuple[Finding, ...] = ()

    def rows_found(self, findings: Iterable[Finding]) -> None:
        """What is wrong with rows beside the ledger: their entries are proved all the same."""
        self._beside = tuple(findings)

    def report(self, progress: Callable[[int], None]) -> Report:
        for row in self._rows():
            self._entry(row)
            if self._tree.size % _BATCH == 0:
                progress(self._tree.size)
        for late, given in self._awaited:
            if late.size > self._tree.size and given:
                self._find(Finding("ledger.shorter", self._tree.size, words=_sized(late)))
        waiting = self._loose()
        findings = (*self._findings, *self._beside)[:MOST_FINDINGS]
        trusted = max((one.size for one in self._counts), default=0)
        bad = [one.position for one in self._findings if one.position is not None]
        proved = min([trusted, self._agreed, *bad]) if self._counts else 0
        return Report(self._tree.size, proved, trusted, waiting, findings)

    def _rows(self) -> Iterator[Row[tuple[object, ...]]]:
        found = self._conn.execute(
            _SEALED,
            {"institution": self._institution},
            execution_options={"yield_per": _BATCH},
        )
        yield from found

    def _entry(self, row: Row[tuple[object, ...]]) -> None:
        at = self._tree.size
        if row.position != at + self._empty:
            self._find(Finding("entry.moved", at, words=f"place {at + self._empty} is empty"))
            self._empty = row.position - at
        elif row.kind is None:
            self._find(Finding("entry.removed", at, row.seq))
        elif row.institution != self._institution:
            self._find(Finding("entry.moved", at, row.seq, row.kind, row.at, "another's entry"))
        elif not _as_sealed(row):
            self._find(Finding("entry.changed", at, row.seq, row.kind, row.at))
        self._tree.append(from_b64url(row.sealed))
        self._compare()

    def _compare(self) -> None:
        size = self._tree.size
        while self._awaited and self._awaited[0][0].size <= size:
            checkpoint, given = self._awaited.pop(0)
            if checkpoint.size < size:
                continue
            if checkpoint.root == b64url(self._tree.root()):
                self._agreed = max(self._agreed, size)
                continue
            placed = [one.position for one in self._findings if one.position is not None]
            if any(position >= self._agreed for position in placed):
                continue  # what was found there already is why
            whose = "the given checkpoint" if given else "a stored checkpoint"
            words = f"{whose} of {_sized(checkpoint)}; some entry after {self._agreed - 1} differs"
            self._find(Finding("root.differs", self._agreed, words=words))

    def _loose(self) -> int:
        """Entries without a place: late ones wait for the next sealing, others were put in."""
        bound = {"institution": self._institution}
        last = self._conn.scalar(_LAST, bound)
        waiting = 0
        for seq, kind, at, fresh in self._conn.execute(_LOOSE, bound):
            if last is None or seq > last or fresh:
                waiting += 1
            else:
                self._find(Finding("entry.added", None, seq, kind, at))
        return waiting

    def _find(self, finding: Finding) -> None:
        self._findings.append(finding)


def _as_sealed(row: Row[tuple[object, ...]]) -> bool:
    try:
        return bool(
            leaf_hash(row.institution, row.kind, row.at, row.body) == row.leaf == row.sealed
        )
    except LedgerRefused:
        return False


def _sized(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size} entries, sealed {checkpoint.sealed_at:%Y-%m-%dT%H:%M:%SZ}"
