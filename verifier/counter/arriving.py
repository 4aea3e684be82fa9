"""How a visit comes to the counter: a terminal refers it, a person presses 人工窗口, an emergency
(急诊先救), or a sheet filled in while the system was away.
"""

from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, text

from verifier.policy.models import Policy
from verifier.protocol.decision import Decision
from verifier.protocol.values import new_id, visit_number

from .errors import CounterRefused
from .items import note

CHINA = timezone(timedelta(hours=8))
_ADD = text("""
INSERT INTO counter_items (id, institution, number, origin, visit, purpose, reason, decision,
                           terminal, person, state, happened_at, entered_at, entered_by, due_at,
                           first_handler, handler, taken_at)
VALUES (:id, :institution, :number, :origin, :visit, :purpose, :reason, :decision, :terminal,
        :person, :state, :happened_at, :entered_at, :entered_by, :due_at, :handler, :handler,
        :taken_at)
ON CONFLICT (visit) WHERE state IN ('waiting','taken','later') DO UPDATE
SET reason = coalesce(excluded.reason, counter_items.reason),
    decision = coalesce(excluded.decision, counter_items.decision),
    origin = CASE WHEN excluded.origin = 'terminal' THEN excluded.origin
                  ELSE counter_items.origin END,
    person = coalesce(excluded.person, counter_items.person)
WHERE counter_items.institution = excluded.institution
RETURNING id
""")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('counter:' || :institution))")
_ENTERED = text("""
SELECT EXISTS (SELECT 1 FROM counter_items
               WHERE institution = :institution AND number = :number AND origin = 'downtime')
""")
_LAST = text("""
SELECT coalesce(max(substr(number, 9)::int), 0) FROM counter_items
WHERE institution = :institution AND origin = 'emergency' AND number LIKE :day || '%'
""")


def refer(
    conn: Connection,
    institution: str,
    policy: Policy,
    decision: Decision,
    terminal: str,
    person: str | None,
) -> str | None:
    """Queue what a terminal referred, in the decision's own transaction; the item's id, or None
    where the policy sends it elsewhere. A further referral of the same visit renews its reason.
    """
    purpose = policy.purposes[decision.purpose]
    if not purpose.counter_min or decision.outcome.value not in policy.counter.queue:
        return None
    return _add(
        conn,
        institution,
        origin="terminal",
        visit=decision.visit,
        purpose=decision.purpose,
        reason=decision.reasons[0] if decision.reasons else None,
        decision=decision.id,
        terminal=terminal,
        person=person,
        happened_at=decision.decided_at,
        due_at=decision.decided_at + timedelta(minutes=purpose.counter_min),
    )


def press(
    conn: Connection,
    institution: str,
    policy: Policy,
    visit: str,
    purpose: str,
    terminal: str,
    reason: str | None,
    at: datetime,
) -> str | None:
    """Queue a visit whose person pressed 人工窗口 before anything was decided."""
    rules = policy.purposes[purpose]
    if not rules.counter_min:
        return None
    return _add(
        conn,
        institution,
        origin="pressed",
        visit=visit,
        purpose=purpose,
        reason=reason,
        terminal=terminal,
        happened_at=at,
        due_at=at + timedelta(minutes=rules.counter_min),
    )


def emergency(
    conn: Connection, institution: str, policy: Policy, account: str, at: datetime
) -> str:
    """急诊先救: a temporary number at once, identity later; the item's id. Asks for nothing."""
    conn.execute(_ONE_AT_A_TIME, {"institution": institution})
    day = f"JZ{at.astimezone(CHINA):%y%m%d}"
    last = int(conn.scalar(_LAST, {"institution": institution, "day": day}) or 0)
    return _add(
        conn,
        institution,
        origin="emergency",
        number=f"{day}{last + 1:03d}",
        visit=new_id(),
        purpose=policy.counter.emergency_purpose,
        state="later",
        happened_at=at,
        entered_by=account,
        due_at=at + policy.counter.later,
    )


def entered(
    conn: Connection,
    institution: str,
    policy: Policy,
    account: str,
    sheet: str,
    purpose: str,
    happened_at: datetime,
    at: datetime,
) -> str:
    """A visit of a downtime sheet (停机登记单), taken by who enters it; the item's id.

    Raises `CounterRefused`: `counter.time_outside` for a time to come or too long ago,
    `counter.line_entered` for a line that was entered before.
    """
    conn.execute(_ONE_AT_A_TIME, {"institution": institution})
    if conn.scalar(_ENTERED, {"institution": institution, "number": sheet}):
        raise CounterRefused("counter.line_entered")
    if not at - policy.counter.entered <= happened_at <= at:
        raise CounterRefused("counter.time_outside")
    return _add(
        conn,
        institution,
        origin="downtime",
        number=sheet,
        visit=new_id(),
        purpose=purpose,
        state="taken",
        happened_at=happened_at,
        entered_at=at,
        entered_by=account,
        due_at=at + timedelta(minutes=policy.purposes[purpose].counter_min),
        handler=account,
        taken_at=at,
    )


def _add(
    conn: Connection,
    institution: str,
    *,
    origin: str,
    visit: str,
    happened_at: datetime,
    number: str | None = None,
    state: str = "waiting",
    **said: Any,
) -> str:
    nothing = dict.fromkeys(
        ("reason", "decision", "terminal", "person", "entered_by", "handler", "taken_at")
    )
    values = nothing | {
        "id": new_id(),
        "institution": institution,
        "number": number or visit_number(visit),
        "origin": origin,
        "visit": visit,
        "state": state,
        "happened_at": happened_at,
        "entered_at": happened_at,
        **said,
    }
    item = conn.scalar(_ADD, values)
    if item is None:
        raise CounterRefused("counter.unknown", "a visit of another institution")
    facts = {
        "origin": origin,
        "purpose": said["purpose"],
        "decision": values["decision"],
        "reason": values["reason"],
        "number": values["number"] if origin in ("emergency", "downtime") else None,
        "happened_at": happened_at.isoformat(),
    }
    note(conn, institution, "counter.queued", item, visit, values["entered_by"], **facts)
    return str(item)
