"""Addresses that hear of decisions, the messages to them, and what staff do about both.

A message is one row: to whom, about which decision, how often it was tried. Its text is made when
it is sent, from the decision as the feed shows it, so that nothing personal waits here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from verifier import ledger
from verifier.protocol.values import new_id
from verifier.store.feeds import Cursor

from . import addresses, decisions
from .addresses import AddressRefused

State = Literal["active", "paused", "removed"]
MOST_WEBHOOKS = 16

DELAYS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
)
"""How long to wait after each try that brought nothing; after one more the message is dead."""

LEASE = timedelta(seconds=60)
"""Whoever sends has so long for one message, then another verifier may."""


class WebhookRefused(Exception):
    """Codes: `webhook.unknown`, `webhook.too_many`, and those of `AddressRefused`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Webhook:
    """One address, and how its messages stand."""

    id: str
    url: str
    state: State
    created_at: datetime
    waiting: int
    dead: int
    delivered_at: datetime | None


@dataclass(frozen=True)
class Dead:
    """A message that was tried for the last time."""

    id: str
    url: str
    decision: str | None
    attempts: int
    answer: str | None
    created_at: datetime
    settled_at: datetime


@dataclass(frozen=True)
class Due:
    """A message to be sent now."""

    id: str
    url: str
    decision: str | None
    attempts: int


_LISTED = text("""
SELECT w.id, w.url, w.state, w.created_at,
  count(*) FILTER (WHERE d.state = 'waiting') AS waiting,
  count(*) FILTER (WHERE d.state = 'dead') AS dead,
  max(d.settled_at) FILTER (WHERE d.state = 'delivered') AS delivered_at
FROM webhooks AS w LEFT JOIN webhook_deliveries AS d ON d.webhook = w.id
WHERE w.institution = :institution AND w.state <> 'removed'
GROUP BY w.id ORDER BY w.created_at, w.id
""")
_COUNT = text(
    "SELECT count(*) FROM webhooks WHERE institution = :institution AND state <> 'removed'"
)
_ADD = text("""
INSERT INTO webhooks (id, institution, url, state, transaction, seq, created_at)
VALUES (:id, :institution, :url, 'active', :transaction, :seq, :at)
""")
_STATE = text("""
UPDATE webhooks SET state = :state
WHERE id = :id AND institution = :institution AND state <> 'removed' RETURNING url
""")
_FORGET = text("""
UPDATE webhook_deliveries SET state = 'dead', answer = 'webhook.removed', settled_at = :at
WHERE webhook = :id AND state = 'waiting'
""")
_DEAD = text("""
SELECT d.id, w.url, d.decision, d.attempts, d.answer, d.created_at, d.settled_at
FROM webhook_deliveries AS d JOIN webhooks AS w ON w.id = d.webhook
WHERE d.institution = :institution AND d.state = 'dead' AND w.state <> 'removed'
ORDER BY d.settled_at DESC, d.id LIMIT :limit
""")
_AGAIN = text("""
UPDATE webhook_deliveries AS d SET state = 'waiting', attempts = 0, next_at = :at,
  settled_at = NULL
FROM webhooks AS w WHERE w.id = d.webhook AND w.state <> 'removed'
AND d.institution = :institution AND d.state = 'dead'
AND (CAST(:id AS text) IS NULL OR d.id = :id) RETURNING d.id
""")
_MESSAGE = text("""
INSERT INTO webhook_deliveries (id, institution, webhook, decision, state, next_at, created_at)
VALUES (:id, :institution, :webhook, :decision, 'waiting', :at, :at)
""")
_HOLD = text("""
SELECT id, transaction, seq FROM webhooks
WHERE institution = :institution AND state = 'active' ORDER BY id FOR UPDATE SKIP LOCKED
""")
_MOVE = text("UPDATE webhooks SET transaction = :transaction, seq = :seq WHERE id = :id")
_DUE = text("""
UPDATE webhook_deliveries AS d SET next_at = :lease, attempts = d.attempts + 1
FROM webhooks AS w WHERE w.id = d.webhook AND d.id IN (
  SELECT o.id FROM webhook_deliveries AS o JOIN webhooks AS p ON p.id = o.webhook
  WHERE o.institution = :institution AND o.state = 'waiting' AND o.next_at <= :at
  AND p.state = 'active' ORDER BY o.next_at, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED
) RETURNING d.id, w.url, d.decision, d.attempts
""")
_DELIVERED = text("""
UPDATE webhook_deliveries SET state = 'delivered', answer = :answer, settled_at = :at
WHERE id = :id AND state = 'waiting'
""")
_LATER = text("""
UPDATE webhook_deliveries SET next_at = :next, answer = :answer
WHERE id = :id AND state = 'waiting'
""")
_GIVEN_UP = text("""
UPDATE webhook_deliveries SET state = 'dead', answer = :answer, settled_at = :at
WHERE id = :id AND state = 'waiting'
""")


def listed(conn: Connection, institution: str) -> list[Webhook]:
    """Every address that was not removed, the oldest first."""
    return [Webhook(*row) for row in conn.execute(_LISTED, {"institution": institution})]


def add(
    conn: Connection, institution: str, url: str, by: str, at: datetime, *, public: bool = False
) -> str:
    """Let an address hear of decisions from now on; its id. A trial is sent to it.

    Raises `WebhookRefused`.
    """
    try:
        addresses.checked(url, public=public)
    except AddressRefused as refused:
        raise WebhookRefused(refused.code) from None
    if int(conn.scalar(_COUNT, {"institution": institution}) or 0) >= MOST_WEBHOOKS:
        raise WebhookRefused("webhook.too_many")
    made, start = new_id(), decisions.newest(conn, institution)
    said = {"id": made, "institution": institution, "url": url, "at": at}
    conn.execute(_ADD, {**said, **start.bound()})
    _message(conn, institution, made, None, at)
    _entered(conn, institution, made, "active", by)
    return made


def change(
    conn: Connection, institution: str, webhook: str, state: State, by: str, at: datetime
) -> None:
    """Pause it, let it go on where it was, or remove it for good. Raises `WebhookRefused`."""
    bound = {"id": webhook, "institution": institution, "state": state}
    if conn.scalar(_STATE, bound) is None:
        raise WebhookRefused("webhook.unknown")
    if state == "removed":
        conn.execute(_FORGET, {"id": webhook, "at": at})
    _entered(conn, institution, webhook, state, by)


def dead(conn: Connection, institution: str, limit: int = 200) -> list[Dead]:
    """Messages that nobody took, the newest first."""
    bound = {"institution": institution, "limit": limit}
    return [Dead(*row) for row in conn.execute(_DEAD, bound)]


def send_again(
    conn: Connection, institution: str, delivery: str | None, by: str, at: datetime
) -> int:
    """Send one dead message once more, or all of them; how many. Raises `WebhookRefused`."""
    bound = {"institution": institution, "id": delivery, "at": at}
    found = conn.scalars(_AGAIN, bound).all()
    if not found:
        raise WebhookRefused("webhook.unknown")
    body = {"deliveries": len(found), "delivery": delivery, "by": by}
    ledger.append(conn, institution, "webhook.resent", body)
    return len(found)


def follow(conn: Connection, institution: str, at: datetime, limit: int = decisions.MOST) -> int:
    """Make messages of what is new in the feed, for each address from where it was; how many."""
    made = 0
    for webhook, transaction, seq in conn.execute(_HOLD, {"institution": institution}).all():
        ids, cursor = decisions.ids_after(conn, institution, Cursor(transaction, seq), limit)
        for decision in ids:
            _message(conn, institution, webhook, decision, at)
        if ids:
            conn.execute(_MOVE, {"id": webhook, **cursor.bound()})
        made += len(ids)
    return made


def due(conn: Connection, institution: str, at: datetime, limit: int) -> list[Due]:
    """Messages to be sent now; nobody else gets them while the lease lasts."""
    bound = {"institution": institution, "at": at, "lease": at + LEASE, "limit": limit}
    return [Due(*row) for row in conn.execute(_DUE, bound)]


def delivered(conn: Connection, delivery: str, answer: str, at: datetime) -> None:
    """It was taken."""
    conn.execute(_DELIVERED, {"id": delivery, "answer": answer, "at": at})


def not_delivered(
    conn: Connection,
    message: Due,
    answer: str,
    at: datetime,
    delays: tuple[timedelta, ...] = DELAYS,
) -> bool:
    """It was not taken: later again, or True where that was the last try."""
    if message.attempts > len(delays):
        conn.execute(_GIVEN_UP, {"id": message.id, "answer": answer, "at": at})
        return True
    later = {"id": message.id, "answer": answer, "next": at + delays[message.attempts - 1]}
    conn.execute(_LATER, later)
    return False


def _message(
    conn: Connection, institution: str, webhook: str, decision: str | None, at: datetime
) -> None:
    said = {"institution": institution, "webhook": webhook, "decision": decision, "at": at}
    conn.execute(_MESSAGE, {"id": new_id(), **said})


def _entered(conn: Connection, institution: str, webhook: str, state: str, by: str) -> None:
    body = {"webhook": webhook, "state": state, "by": by}
    ledger.append(conn, institution, "webhook.changed", body)
