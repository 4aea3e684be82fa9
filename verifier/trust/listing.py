"""The list of what is gone, kept twice: beside the keys, and in the database.

A restored database is older than the file, so it is told what the file says beyond it. A file whose
last lines were cut off, or that is another verifier's of the same database, is told what the
database has beyond it. Where neither continues the other, nothing is answered.
"""

from sqlalchemy import Connection, insert, select, text

from verifier.protocol.values import now, sha256_b64url
from verifier.store.erasure_tables import ErasureLine

from .erasures import Erasure, ErasureList, ErasuresBroken, Said

_ONE_AT_A_TIME = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('shualian:erasures:' || :institution, 0))"
)


def record(conn: Connection, kept: ErasureList, said: Said) -> None:
    """A line in both places, on the disk before the caller's transaction commits.

    Nothing else may be locked after it, so that no two transactions wait in a circle. Raises
    `ErasuresBroken`, `OSError`.
    """
    agree(conn, kept)
    _keep(conn, kept, [kept.add(said, now())])


def begin(conn: Connection, kept: ErasureList) -> tuple[int, str]:
    """See that the list is there, so that its loss can be told; how long it is, and its head.

    Raises as `record` does.
    """
    agree(conn, kept)
    if not kept.lines():
        record(conn, kept, Said("begun"))
    return kept.head()


def agree(conn: Connection, kept: ErasureList) -> list[Erasure]:
    """Bring both copies to the longer one; what the database did not know of.

    Raises `ErasuresBroken` where the file is not as it was written, or is another list.
    """
    conn.execute(_ONE_AT_A_TIME, {"institution": kept.institution})
    stored = _stored(conn, kept.institution)
    lines = kept.lines()
    if lines == stored:
        return []
    shared = min(len(lines), len(stored))
    if lines[:shared] != stored[:shared]:
        kept.checked(lines)  # names the line, where the file is the broken one
        raise ErasuresBroken(f"{kept.path} and the database hold two lists; bring the right one")
    if len(stored) > shared:
        kept.checked(stored)
        kept.extend(stored[shared:])
        return []
    found = kept.checked(lines)
    _keep(conn, kept, lines[shared:])
    return found[shared:]


def refuse_a_shorter(kept: ErasureList, count: int, head: str) -> None:
    """Raise `ErasuresBroken` unless the list begins with these many lines, the last with this
    digest: what a back-up or a checkpoint says it once had.
    """
    lines = kept.lines()
    if count == 0:
        return
    if not lines:
        raise ErasuresBroken(
            f"{kept.path} is missing: it says who is erased, bring it back from the ring's copies",
            "erasures.missing",
        )
    if len(lines) < count or sha256_b64url(lines[count - 1].encode()) != head:
        raise ErasuresBroken(
            f"{kept.path} has {len(lines)} lines and lacks some that it once had ({count} at "
            "least): bring a newer copy of it",
            "erasures.shorter",
        )


def _stored(conn: Connection, institution: str) -> list[str]:
    mine = select(ErasureLine.compact).where(ErasureLine.institution == institution)
    return list(conn.scalars(mine.order_by(ErasureLine.position)))


def _keep(conn: Connection, kept: ErasureList, lines: list[str]) -> None:
    begin = len(_stored(conn, kept.institution))
    rows = [
        {"institution": kept.institution, "position": begin + number, "compact": line}
        for number, line in enumerate(lines)
    ]
    conn.execute(insert(ErasureLine), rows)
