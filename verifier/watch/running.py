"""A rule tried on the past, switched on, and run: what it points at becomes cases, once each."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select, update
from sqlalchemy.dialects.postgresql import insert

from verifier import ledger
from verifier.identity.galleries import Gallery
from verifier.protocol.values import b64url, new_id
from verifier.store.watch_tables import WatchCase, WatchRule
from verifier.trust.keys import KeyRing

from . import judging, reading
from .errors import WatchRefused
from .judging import Point
from .reading import Look
from .rules import Rule, RuleId, Rules, digest

TRIED = timedelta(days=30)
"""How far back a dry run looks."""

DUE = {"high": timedelta(days=7), "medium": timedelta(days=14), "low": timedelta(days=30)}


@dataclass(frozen=True)
class Watch:
    """Where rules run: one institution, with its keys and thresholds.

    Attributes:
        cosine: the cosine of a false match rate, by the calibration in force.
        region_key: None where no region is shared; then nothing is seen of other institutions.
    """

    keyring: KeyRing
    gallery: Gallery
    rules: Rules
    cosine: Callable[[float], float]
    region_key: bytes | None = None

    @property
    def institution(self) -> str:
        """The gallery's."""
        return self.gallery.institution


def points(
    watch: Watch, conn: Connection, rule: Rule, since: datetime, at: datetime
) -> list[Point]:
    """What one rule points at in a stretch of time. Writes nothing."""
    look, said = Look(conn, watch.keyring, watch.gallery, since, at), rule.parameters
    own = watch.institution
    ways: dict[RuleId, Callable[[], list[Point]]] = {
        "one_face_two_identities": lambda: _alike(watch, look, said["fmr"]),
        "one_credential_two_faces": lambda: judging.one_credential_two_faces(
            reading.other_faces(look), int(said["visits"])
        ),
        "two_places_too_soon": lambda: judging.two_places_too_soon(
            reading.sightings(look, watch.region_key), own, timedelta(hours=said["hours"])
        ),
        "refused_then_passed_alone": lambda: judging.refused_then_passed_alone(
            reading.passes(look)
        ),
        "one_proxy_for_many": lambda: judging.one_proxy_for_many(
            reading.by_proxies(look), int(said["people"])
        ),
        "terminal_accepts_oddly": lambda: judging.terminal_accepts_oddly(
            reading.acceptances(look), int(said["visits"]), said["sigmas"]
        ),
    }
    return ways[rule.id]()


def dry_run(watch: Watch, conn: Connection, rule: str, by: str, at: datetime) -> list[Point]:
    """What a rule would have pointed at in the past 30 days. Only that it was tried is kept; one
    that was on and has changed since is off from now on, until somebody switches it on again.

    Raises `WatchRefused` with `watch.unknown`.
    """
    known = _rule(watch, rule)
    found = points(watch, conn, known, at - TRIED, at)
    values = {"digest": digest(known), "tried_at": at, "tried_found": len(found)}
    values |= {"is_on": False, "changed_at": at, "changed_by": by}
    made = insert(WatchRule).values(institution=watch.institution, rule=rule, **values)
    key = [WatchRule.institution, WatchRule.rule]
    kept = {"tried_at": at, "tried_found": len(found), "digest": digest(known)}
    same = WatchRule.is_on & (WatchRule.digest == digest(known))
    conn.execute(made.on_conflict_do_update(index_elements=key, set_=kept | {"is_on": same}))
    body = {"rule": rule, "version": watch.rules.version, "found": len(found), "by": by}
    ledger.append(conn, watch.institution, "watch.tried", body)
    return found


def switch(watch: Watch, conn: Connection, rule: str, by: str, at: datetime, *, on: bool) -> None:
    """Let a rule run, or no more.

    Raises `WatchRefused`: `watch.unknown`; `watch.not_tried` where the rule as it stands now was
    not tried on the past before.
    """
    known = _rule(watch, rule)
    row = conn.execute(_mine(watch, rule).with_for_update()).one_or_none()
    if row is None or (on and row.digest != digest(known)):
        raise WatchRefused("watch.not_tried")
    if row.is_on == on:
        return
    where = (WatchRule.institution == watch.institution, WatchRule.rule == rule)
    conn.execute(update(WatchRule).where(*where).values(is_on=on, changed_at=at, changed_by=by))
    body = {"rule": rule, "version": watch.rules.version, "on": on, "by": by}
    ledger.append(conn, watch.institution, "watch.switched", body)


def run(watch: Watch, conn: Connection, at: datetime) -> int:
    """Every rule that is on, over its own time; how many new cases there are."""
    if watch.region_key is not None:
        reading.tell_the_region(
            Look(conn, watch.keyring, watch.gallery, at - TRIED, at), watch.region_key
        )
    made = 0
    for rule in watch.rules.rules:
        row = conn.execute(_mine(watch, rule.id)).one_or_none()
        if row is None or not row.is_on or row.digest != digest(rule):
            continue
        back = timedelta(days=rule.parameters.get("days", TRIED.days))
        made += sum(
            _case(watch, conn, rule, one, at) for one in points(watch, conn, rule, at - back, at)
        )
    return made


@dataclass(frozen=True)
class Tried:
    """When a rule was last tried, what it found then, whether it is on.

    Attributes:
        same: it is still as it was when it was tried.
    """

    at: datetime
    found: int
    on: bool
    same: bool


def states(watch: Watch, conn: Connection) -> dict[str, Tried]:
    """What is known of each rule here; a rule that was never tried has none."""
    table = WatchRule.__table__
    rows = conn.execute(select(table).where(WatchRule.institution == watch.institution))
    now = {rule.id: digest(rule) for rule in watch.rules.rules}
    return {
        row.rule: Tried(row.tried_at, row.tried_found, row.is_on, row.digest == now.get(row.rule))
        for row in rows
    }


def _alike(watch: Watch, look: Look, fmr: float) -> list[Point]:
    cosine = watch.cosine(fmr)
    return judging.one_face_two_identities(reading.alike(look, cosine), cosine)


def _case(watch: Watch, conn: Connection, rule: Rule, point: Point, at: datetime) -> int:
    """One case for a point that has none; one that was closed is not raised for the same again."""
    subject = subject_key(watch, point)
    seen = (
        WatchCase.institution == watch.institution,
        WatchCase.rule == rule.id,
        WatchCase.subject == subject,
        WatchCase.happened_at >= point.at,
    )
    if conn.scalar(select(WatchCase.id).where(*seen).limit(1)) is not None:
        return 0
    values: dict[str, Any] = {
        "id": new_id(),
        "institution": watch.institution,
        "rule": rule.id,
        "version": watch.rules.version,
        "severity": rule.severity,
        "subject": subject,
        "people": list(point.people),
        "decisions": list(point.decisions),
        "terminal": point.terminal,
        "happened_at": point.at,
        "found_at": at,
        "due_at": at + DUE[rule.severity],
        "state": "new",
    }
    made = insert(WatchCase).values(values).on_conflict_do_nothing().returning(WatchCase.id)
    if conn.scalar(made) is None:
        return 0
    body = {"case": values["id"], "rule": rule.id, "version": watch.rules.version}
    ledger.append(conn, watch.institution, "watch.found", body)
    return 1


def subject_key(watch: Watch, point: Point) -> str:
    """As which a case knows its subject: HMAC-SHA256 under the hospital's own key, 43 characters.

    A case lives for years, and what its subject is made of may not: a region's keyed hash, the
    hash of a proxy's document.
    """
    key = watch.keyring.derive("watch-subject", watch.institution)
    return b64url(hmac.digest(key, f"{point.rule}\0{point.subject}".encode(), "sha256"))


def _rule(watch: Watch, rule: str) -> Rule:
    found = watch.rules.get(rule)
    if found is None:
        raise WatchRefused("watch.unknown")
    return found


def _mine(watch: Watch, rule: str) -> Select[Any]:
    table = WatchRule.__table__
    return select(table).where(WatchRule.institution == watch.institution, WatchRule.rule == rule)
