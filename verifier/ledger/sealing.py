"""Sealing: entries that committed get their place in the tree, and a signed checkpoint over all.

Several verifiers may share a database: each seals under one advisory lock an institution, so that
places and checkpoints have one order.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, text

from verifier.protocol import jose
from verifier.protocol.checkpoint import Checkpoint, digest
from verifier.protocol.merkle import Frontier
from verifier.protocol.values import b64url, from_b64url
from verifier.trust import stops
from verifier.trust.erasures import ErasureList, ErasuresBroken
from verifier.trust.keys import KeyRing

log = structlog.get_logger("verifier")

SEAL_S = 5.0
"""From an entry to its checkpoint, at most and about; 60 is allowed."""

LOOK_BACK = 10_000
"""Entries before the newest among which one is looked for that committed late. A transaction ends
within a minute; a process looks once through everything when it begins.
"""

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('shualian:seal:' || :institution, 0))")
_NEWEST = text(
    "SELECT compact FROM checkpoints WHERE institution = :institution ORDER BY size DESC LIMIT 1"
)
_SIZE = text(
    "SELECT coalesce(max(position) + 1, 0) FROM ledger_leaves WHERE institution = :institution"
)
_LEAVES = text(
    "SELECT leaf FROM ledger_leaves WHERE institution = :institution AND position >= :start "
    "ORDER BY position"
)
_SINCE = text(
    "SELECT coalesce(min(seq), 0) FROM ledger_leaves "
    "WHERE institution = :institution AND position >= :position"
)
_UNSEALED = text(
    "SELECT l.seq, l.leaf FROM ledger AS l WHERE l.institution = :institution AND l.seq >= :since "
    "AND NOT EXISTS (SELECT 1 FROM ledger_leaves AS s WHERE s.seq = l.seq) ORDER BY l.seq"
)
_PLACE = text(
    "INSERT INTO ledger_leaves (institution, position, seq, leaf) "
    "SELECT :institution, :size + n - 1, seq, leaf FROM "
    "unnest(CAST(:seqs AS bigint[]), CAST(:leaves AS text[])) WITH ORDINALITY AS t(seq, leaf, n)"
)
_KEEP = text(
    "INSERT INTO checkpoints (institution, size, compact, sealed_at) "
    "VALUES (:institution, :size, :compact, :at)"
)


class Sealer:
    """Seals one institution's ledger; follows what others seal."""

    def __init__(
        self, engine: Engine, keyring: KeyRing, institution: str, clock: Callable[[], datetime]
    ) -> None:
        self._engine, self._clock = engine, clock
        self._keyring, self._institution = keyring, institution
        self._list = ErasureList.of(keyring, institution)
        self._tree = Frontier()
        self._looked_through = False
        self._newest: str | None = None
        self._closed, self._turns = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._keep, name="sealer", daemon=True)

    @property
    def newest(self) -> str | None:
        """The newest checkpoint that this process made or saw, compact; None before the first."""
        return self._newest

    def start(self) -> None:
        """Seal every few seconds from now on."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the turn under way, and seal what came meanwhile."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(30)
            self._turn()

    def seal(self) -> int:
        """Give every entry that committed its place, and sign; how many there were."""
        with self._turns:
            return self._seal()

    def _seal(self) -> int:
        with self._engine.begin() as conn:
            conn.execute(_LOCK, self._bound())
            previous = conn.scalar(_NEWEST, self._bound())
            grown = self._followed(conn)
            rows = conn.execute(_UNSEALED, self._bound(since=self._since(conn))).all()
            if rows:
                grown.extend(from_b64url(row.leaf) for row in rows)
                self._place(conn, grown.size - len(rows), [tuple(row) for row in rows])
                self._write_stops(conn, [row.seq for row in rows])
                previous = self._sign(conn, grown, previous)
        self._tree, self._newest, self._looked_through = grown, previous, True
        return len(rows)

    def _followed(self, conn: Connection) -> Frontier:
        """The tree with what others sealed; a copy, so that a failed turn changes nothing."""
        grown = self._tree.copy()
        if int(conn.scalar(_SIZE, self._bound()) or 0) > grown.size:
            start = self._bound(start=grown.size)
            for leaf in conn.scalars(_LEAVES, start, execution_options={"yield_per": 10_000}):
                grown.append(from_b64url(leaf))
        return grown

    def _since(self, conn: Connection) -> int:
        """From which `seq` on an unsealed entry is looked for."""
        if not self._looked_through or self._tree.size <= LOOK_BACK:
            return 0
        return int(conn.scalar(_SINCE, self._bound(position=self._tree.size - LOOK_BACK)) or 0)

    def _place(self, conn: Connection, size: int, rows: list[tuple[int, str]]) -> None:
        seqs, leaves = (list(column) for column in zip(*rows, strict=True))
        conn.execute(_PLACE, self._bound(size=size, seqs=seqs, leaves=leaves))

    def _write_stops(self, conn: Connection, seqs: list[int]) -> None:
        """Sealing goes on without the list: the ledger has the entries all the same."""
        if self._list is not None:
            try:
                stops.write_down(conn, self._list, seqs)
            except (ErasuresBroken, OSError) as error:
                log.error("erasures.not_written", error=type(error).__name__)

    def _listed(self) -> dict[str, Any]:
        """How long the list is, for who has this checkpoint and a list that may be shorter."""
        count, head = self._list.head() if self._list else (0, "")
        return {"erasures": count, "erasures_head": head} if count else {}

    def _sign(self, conn: Connection, tree: Frontier, previous: str | None) -> str:
        at = self._clock()
        made = Checkpoint(
            institution=self._institution,
            size=tree.size,
            root=b64url(tree.root()),
            previous=digest(previous) if previous else None,
            sealed_at=at,
            **self._listed(),
        )
        key = self._keyring.checkpoint_key
        compact = jose.sign(jose.CHECKPOINT, key.kid or "", made.model_dump_json().encode(), key)
        conn.execute(_KEEP, self._bound(size=tree.size, compact=compact, at=at))
        return compact

    def _bound(self, **more: object) -> dict[str, object]:
        return {"institution": self._institution, **more}

    def _keep(self) -> None:
        self._turn()
        while not self._closed.wait(SEAL_S):
            self._turn()

    def _turn(self) -> None:
        try:
            self.seal()
        except Exception as error:
            log.warning("ledger.not_sealed", error=type(error).__name__)
