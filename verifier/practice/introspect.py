"""What a HIS asks: may this practitioner's work at this moment be settled?

One statement for all questions of a request. Window, right and payment qualification answer apart;
what is not known is `unknown`, which is no refusal.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection

from verifier.decision.exchange import all_alone
from verifier.protocol.practice import Introspection, Question
from verifier.protocol.values import Liveness
from verifier.receipts.issue import issuer_of, pairwise_subject
from verifier.trust.keys import KeyRing

from .registry import HOSPITAL

BACK = timedelta(days=180)
AHEAD = timedelta(seconds=30)
"""A HIS's clock may be so far before ours."""

_ASK = """
SELECT q.n, p.person, w.id, w.state, w.opened_at, w.site, w.department, w.way, w.liveness,
       w.simulated, w.ends_at, r.practice_right, f.state AS payment,
       s.ends_at > q.at AS supervisor_in,
       EXISTS (
         SELECT 1 FROM practice_windows AS d WHERE d.practitioner = p.person
           AND d.state = 'deferred' AND d.opened_at <= q.at AND d.until > q.at
       ) AS deferred
FROM unnest(%(codes)s::text[], %(moments)s::timestamptz[], %(days)s::date[], %(sites)s::text[])
  WITH ORDINALITY AS q(code, at, day, site, n)
JOIN practitioners AS p ON p.institution = %(institution)s AND p.code = q.code
LEFT JOIN LATERAL (
  SELECT w.*, least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at
  FROM practice_windows AS w LEFT JOIN practice_locks AS l ON l.practice_window = w.id
  WHERE w.practitioner = p.person AND w.opened_at <= q.at AND w.state <> 'deferred'
  ORDER BY w.opened_at DESC LIMIT 1
) AS w ON true
LEFT JOIN LATERAL (
  SELECT r.practice_right, r.supervisor FROM practice_registrations AS r
  WHERE r.practitioner = p.person AND r.from_day <= q.day
    AND (r.to_day IS NULL OR r.to_day >= q.day) AND (r.ended_at IS NULL OR r.ended_at > q.at)
    AND (r.site IS NULL OR r.site = coalesce(q.site, w.site, r.site))
  ORDER BY array_position(ARRAY['independent','granted','supervised','none'], r.practice_right),
           r.id
  LIMIT 1
) AS r ON true
LEFT JOIN LATERAL (
  SELECT f.state FROM qualifications AS f WHERE f.practitioner = p.person AND f.since <= q.at
  ORDER BY f.since DESC, f.recorded_at DESC LIMIT 1
) AS f ON true
LEFT JOIN LATERAL (
  SELECT least(coalesce(v.closed_at, v.until), k.closed_at) AS ends_at
  FROM practice_windows AS v LEFT JOIN practice_locks AS k ON k.practice_window = v.id
  WHERE v.practitioner = r.supervisor AND v.opened_at <= q.at
    AND v.state NOT IN ('denied', 'deferred')
  ORDER BY v.opened_at DESC LIMIT 1
) AS s ON true
"""


class _Row(NamedTuple):
    """What the store knows of one question."""

    n: int
    person: str
    id: str | None
    state: str
    opened_at: datetime
    site: str
    department: str
    way: str
    liveness: str
    simulated: bool
    ends_at: datetime
    practice_right: str | None
    payment: str | None
    supervisor_in: bool | None
    deferred: bool


def answers(
    conn: Connection,
    keyring: KeyRing,
    institution: str,
    asked: Sequence[Question],
    at: datetime,
    sites: dict[str, str] | None = None,
) -> list[Introspection]:
    """An answer for each question, in their order.

    `sites` maps sites' own codes at the insurance platform to our codes of them.
    """
    known = sites or {}
    bound = {
        "institution": institution,
        "codes": [one.code for one in asked],
        "moments": [one.at for one in asked],
        "days": [one.at.astimezone(HOSPITAL).date() for one in asked],
        "sites": [known.get(one.institution or "") for one in asked],
    }
    found = {row[0]: _Row(*row) for row in all_alone(conn, _ASK, bound)}
    return [
        _answer(keyring, institution, one, found.get(number), at, known)
        for number, one in enumerate(asked, 1)
    ]


def _answer(
    keyring: KeyRing,
    institution: str,
    asked: Question,
    row: _Row | None,
    at: datetime,
    sites: dict[str, str],
) -> Introspection:
    why = _cannot_say(institution, asked, at, sites)
    if why or row is None:
        return _unknown(institution, asked, why or "practice.unknown")
    state, reasons = _window_state(asked, row, sites)
    right = row.practice_right or "none"
    supervisor_in = bool(row.supervisor_in) if right == "supervised" else None
    payment = row.payment or "unknown"
    reasons += _more(right, supervisor_in, payment)
    open_now = state in ("confirmed", "provisional", "approved")
    lawful = right in ("independent", "granted") or bool(supervisor_in)
    return Introspection(
        active=open_now and lawful,
        code=asked.code,
        at=asked.at,
        window_state=cast("Any", state),
        practice_right=cast("Any", right),
        supervisor_in=supervisor_in,
        payment_qualification=cast("Any", payment),
        reasons=reasons,
        iss=issuer_of(institution),
        aud=institution,
        sub=pairwise_subject(keyring, institution, row.person),
        **(_window(row) if open_now else {}),
    )


def _window(row: _Row) -> dict[str, Any]:
    return {
        "nbf": int(row.opened_at.timestamp()),
        "exp": int(row.ends_at.timestamp()),
        "window": row.id,
        "site": row.site,
        "department": row.department,
        "way": row.way,
        "liveness": Liveness(row.liveness),
        "simulated": row.simulated,
    }


def _cannot_say(
    institution: str, asked: Question, at: datetime, sites: dict[str, str]
) -> str | None:
    if asked.institution not in (None, institution, *sites):
        return "practice.other_institution"
    if asked.at > at + AHEAD:
        return "practice.in_the_future"
    if asked.at < at - BACK:
        return "practice.too_long_ago"
    return None


def _window_state(asked: Question, row: _Row, sites: dict[str, str]) -> tuple[str, list[str]]:
    elsewhere = row.id is not None and sites.get(asked.institution or "", row.site) != row.site
    if row.id is not None and row.ends_at > asked.at and not elsewhere:
        return row.state, [] if row.state != "denied" else ["practice.denied"]
    if row.deferred:
        return "unknown", ["practice.deferred"]
    return "none", ["practice.at_another_site" if elsewhere else "practice.not_in"]


def _more(right: str, supervisor_in: bool | None, payment: str) -> list[str]:
    found = []
    if right == "none":
        found.append("practice.no_registration")
    if supervisor_in is False:
        found.append("practice.supervisor_not_in")
    if payment in ("suspended", "ended"):
        found.append(f"practice.payment_{payment}")
    return found


def _unknown(institution: str, asked: Question, why: str) -> Introspection:
    return Introspection(
        active=False,
        code=asked.code,
        at=asked.at,
        window_state="unknown",
        practice_right="unknown",
        payment_qualification="unknown",
        reasons=[why],
        iss=issuer_of(institution),
        aud=institution,
    )
