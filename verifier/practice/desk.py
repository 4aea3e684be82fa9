"""Where check-ins are judged, and who it is that checks in: from a decision on identity."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from verifier.identity.galleries import Gallery
from verifier.protocol.practice import PURPOSE
from verifier.protocol.values import Liveness
from verifier.protocol.values import Outcome as Identity
from verifier.trust.keys import KeyRing

from . import deferred
from .rules import PracticeRules


class CheckInRefused(Exception):
    """No check-in can be judged. Codes: `practice.decision_unusable`, `practice.unknown`,
    `practice.site_unknown`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Desk:
    """Where and for whom check-ins are judged.

    Attributes:
        phone: whether the terminal is a practitioner's phone, which stands nowhere.
    """

    keyring: KeyRing
    gallery: Gallery
    institution: str
    region_key: bytes | None
    rules: PracticeRules
    demo: bool
    terminal: str
    site: str
    phone: bool
    address: str


@dataclass(frozen=True)
class Who:
    """The decision on identity; or the request of a phone, whose key says whose it is."""

    decision: str | None
    person: str
    accepted: bool
    by_face: bool
    liveness: Liveness
    simulated: bool
    deferred: bool
    request: str | None = None


SENT_LATER = timedelta(days=7)
"""For so long the decision over a ticket can be checked in with."""

_DECISION = text("""
SELECT d.id, d.person, d.outcome, d.assurance, d.decided_at, d.purpose, d.terminal,
       d.body->>'liveness' AS liveness, (d.body->>'simulated')::boolean AS simulated,
       d.body->'reasons' AS reasons
FROM receipts AS r JOIN decisions AS d ON d.id = r.decision
WHERE r.id = :receipt AND d.institution = :institution
""")


def identified(
    conn: Connection, desk: Desk, receipt: str, at: datetime, *, coming: bool = False
) -> Who:
    """Who it is, by the receipt of a fresh decision of this terminal.

    `coming`: for a check-in, for which one over a ticket counts longer. Raises `CheckInRefused`.
    """
    bound = {"receipt": receipt, "institution": desk.institution}
    row = conn.execute(_DECISION, bound).one_or_none()
    # One over a ticket says when it was and is reviewed: it may be sent again after a break.
    later = coming and row is not None and deferred.BY_TICKET in (row.reasons or ())
    oldest = SENT_LATER if later else timedelta(seconds=desk.rules.identity_s)
    fresh = row is not None and at - row.decided_at <= oldest
    if row is None or row.terminal != desk.terminal or row.purpose != PURPOSE or not fresh:
        raise CheckInRefused(
            "practice.decision_unusable",
            "it rests on a decision of this terminal and purpose, two minutes old at most",
        )
    if row.person is None:
        raise CheckInRefused("practice.unknown", "nobody was found")
    return Who(
        decision=row.id,
        person=row.person,
        accepted=row.outcome == Identity.ACCEPTED,
        by_face=row.assurance in ("card+face", "face"),
        liveness=Liveness(row.liveness),
        simulated=row.simulated,
        deferred=deferred.BY_TICKET in (row.reasons or ()),
    )
