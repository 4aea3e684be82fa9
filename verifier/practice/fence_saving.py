"""Saving a site's fence as drawn: what it was before is kept, so that one step leads back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from verifier import ledger
from verifier.protocol.values import b64url, new_id
from verifier.store.account_tables import Account
from verifier.store.practice_tables import FenceVersion
from verifier.store.practice_tables import Site as SiteRow

from . import sites
from .fence_drafts import Drawn
from .fence_refused import DraftRefused

DRAWN = "site.fence_drawn"
TAKEN_BACK = "site.fence_taken_back"


@dataclass(frozen=True)
class Version:
    """A saving: when and by whom, and whether it can be taken back."""

    id: str
    saved_at: datetime
    saved_by: str
    last: bool


def save(
    conn: Connection,
    institution: str,
    code: str,
    drawn: Drawn,
    *,
    base: str,
    by: str,
    at: datetime,
) -> str:
    """The fence from now on; the version's id.

    `base` is the digest of what was looked at. Raises `DraftRefused`: `fence.empty`, since nobody
    could prove a place at a site without a fence; `fence.stale` where it was changed meanwhile.
    """
    if not drawn.shapes:
        raise DraftRefused("fence.empty")
    wanted = {
        "fences": sites.stored(drawn.shapes),
        "marks": [asdict(mark) | {"datum": mark.datum.value} for mark in drawn.marks],
    }
    return _put(conn, institution, code, wanted, base=base, by=by, at=at, kind=DRAWN)


def take_back(
    conn: Connection, institution: str, code: str, version: str, *, by: str, at: datetime
) -> str:
    """As it was before the last saving. Raises `DraftRefused` with `fence.stale` where another is
    the last by now. Taking back twice brings back what was taken back.
    """
    row = conn.execute(
        select(FenceVersion.before, FenceVersion.after).where(
            FenceVersion.id == version,
            FenceVersion.institution == institution,
            FenceVersion.site == code,
        )
    ).one_or_none()
    if row is None:
        raise DraftRefused("fence.stale")
    before = dict(row.before)
    return _put(conn, institution, code, before, base=row.after, by=by, at=at, kind=TAKEN_BACK)


def stands(conn: Connection, institution: str, code: str) -> str:
    """Digest of the site's fence and marks as they are now. Raises `DraftRefused`."""
    return digest(_now(conn, institution, code))


def versions(conn: Connection, institution: str, code: str, most: int = 20) -> list[Version]:
    """Savings, the newest first."""
    rows = conn.execute(
        select(FenceVersion.id, FenceVersion.saved_at, FenceVersion.saved_by, FenceVersion.after)
        .where(FenceVersion.institution == institution, FenceVersion.site == code)
        .order_by(FenceVersion.saved_at.desc(), FenceVersion.id)
        .limit(most)
    ).all()
    now = stands(conn, institution, code)
    return [
        Version(row.id, row.saved_at, row.saved_by, number == 0 and row.after == now)
        for number, row in enumerate(rows)
    ]


def logins(conn: Connection, institution: str, found: Sequence[Version]) -> dict[str, str]:
    """Work numbers of who saved these, by account."""
    rows = conn.execute(
        select(Account.id, Account.login).where(
            Account.institution == institution, Account.id.in_({one.saved_by for one in found})
        )
    )
    return {row.id: row.login for row in rows}


def digest(figures: Mapping[str, Sequence[Any]]) -> str:
    """SHA-256 of fences and marks, base64url."""
    return b64url(hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).digest())


def _put(
    conn: Connection,
    institution: str,
    code: str,
    wanted: dict[str, Any],
    *,
    base: str,
    by: str,
    at: datetime,
    kind: str,
) -> str:
    before = _now(conn, institution, code, hold=True)
    if digest(before) != base:
        raise DraftRefused("fence.stale")
    version, after = new_id(), digest(wanted)
    mine = (SiteRow.institution == institution, SiteRow.code == code)
    conn.execute(update(SiteRow).where(*mine).values(**wanted))
    conn.execute(
        insert(FenceVersion).values(
            id=version,
            institution=institution,
            site=code,
            before=before,
            after=after,
            saved_at=at,
            saved_by=by,
        )
    )
    facts = {
        "site": code,
        "version": version,
        "by": by,
        "fences": len(wanted["fences"]),
        "before": base,
        "after": after,
    }
    ledger.append(conn, institution, kind, facts)
    return version


def _now(conn: Connection, institution: str, code: str, hold: bool = False) -> dict[str, Any]:
    asked = select(SiteRow.fences, SiteRow.marks).where(
        SiteRow.institution == institution, SiteRow.code == code
    )
    row = conn.execute(asked.with_for_update() if hold else asked).one_or_none()
    if row is None:
        raise DraftRefused("fence.stale")
    return {"fences": row.fences, "marks": row.marks}
