"""Rows of a hospital's days, written at whatever time a test says."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from joserfc.jwk import OKPKey
from sqlalchemy import Connection, text

from tests.verifier.fixtures import INSTITUTION
from verifier.figures.asked import SHANGHAI, Asked
from verifier.protocol.values import new_id
from verifier.trust import terminals

DAY = date(2026, 3, 10)
"""A Tuesday. Nothing here depends on what day it is."""

_CHALLENGE = text("""
INSERT INTO challenges (id, terminal, purpose, visit, state, issued_at, expires_at, spent_at)
VALUES (:id, :terminal, :purpose, :visit, 'spent', :at, :at, :at)
""")
_DECISION = text("""
INSERT INTO decisions (id, institution, terminal, challenge, claim_digest, visit, purpose, outcome,
                       refusal_code, assurance, body, decided_at)
VALUES (:id, :mine, :terminal, :challenge, repeat('D', 43), :visit, :purpose, :outcome,
        :refusal, :assurance, CAST(:body AS jsonb), :at)
""")
_ITEM = text("""
INSERT INTO counter_items (id, institution, number, origin, visit, purpose, terminal, state,
                           happened_at, entered_at, due_at, "end", ended_at)
VALUES (:id, :mine, :number, :origin, :visit, :purpose, :terminal, :state, :at, :entered, :at,
        :end, :ended)
""")
_RESULT = text("""
INSERT INTO counter_results (decision, institution, item, way, by_reader, account, at, reversed_at)
VALUES (:decision, :mine, :item, :way, false, :account, :at, :reversed)
""")


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """A time of day in Shanghai."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def of_day(day: date = DAY, days: int = 1, **filters: str) -> Asked:
    """A range from that day on."""
    return Asked(day, day + timedelta(days=days - 1), **filters)


@dataclass
class Book:
    """One institution's rows."""

    conn: Connection
    institution: str = INSTITUTION
    made: dict[str, str] = field(default_factory=dict)

    def terminal(self, label: str = "kiosk 1", site: str = "east") -> str:
        """The terminal of this label, registered when it is first asked for."""
        if label not in self.made:
            key = OKPKey.generate_key("Ed25519").as_dict(private=False)
            self.made[label] = terminals.register(
                self.conn, self.institution, site, label, key, ["settlement"]
            )
        return self.made[label]

    def decision(
        self,
        when: datetime,
        outcome: str = "accepted",
        *,
        visit: str | None = None,
        terminal: str | None = None,
        purpose: str = "settlement",
        reasons: tuple[str, ...] = (),
        refusal: str | None = None,
        **body: Any,
    ) -> str:
        """What a terminal was answered; the visit."""
        visit, challenge = visit or new_id(), new_id()
        place = terminal or self.terminal()
        said = {"id": challenge, "terminal": place, "purpose": purpose, "visit": visit, "at": when}
        self.conn.execute(_CHALLENGE, said)
        told = {} if refusal else {"reasons": list(reasons), **body}
        self._decided(
            when, outcome, visit, purpose, told, terminal=place, challenge=challenge,
            refusal=refusal,
        )  # fmt: skip
        return visit

    def item(
        self,
        when: datetime,
        *,
        visit: str | None = None,
        origin: str = "terminal",
        state: str = "waiting",
        terminal: str | None = None,
        end: str | None = None,
        entered: datetime | None = None,
    ) -> str:
        """A visit at the counter; the item."""
        made = new_id()
        self.conn.execute(
            _ITEM,
            {
                "id": made, "mine": self.institution, "number": made, "origin": origin,
                "visit": visit or new_id(), "purpose": "settlement", "terminal": terminal,
                "state": state, "at": when, "entered": entered or when, "end": end,
                "ended": when if end or state == "resolved" else None,
            },
        )  # fmt: skip
        return made

    def result(
        self,
        item: str,
        when: datetime,
        account: str,
        way: str = "document",
        taken_back: datetime | None = None,
    ) -> None:
        """The counter's decision on an item."""
        visit = self.conn.scalar(
            text("SELECT visit FROM counter_items WHERE id = :item"), {"item": item}
        )
        decision = self._decided(when, "accepted", str(visit), "settlement", {"reasons": []})
        self.conn.execute(
            _RESULT,
            {
                "decision": decision, "mine": self.institution, "item": item, "way": way,
                "account": account, "at": when, "reversed": taken_back,
            },
        )  # fmt: skip

    def _decided(
        self,
        when: datetime,
        outcome: str,
        visit: str,
        purpose: str,
        body: dict[str, Any],
        *,
        terminal: str | None = None,
        challenge: str | None = None,
        refusal: str | None = None,
    ) -> str:
        made = new_id()
        self.conn.execute(
            _DECISION,
            {
                "id": made, "mine": self.institution, "terminal": terminal, "challenge": challenge,
                "visit": visit, "purpose": purpose, "outcome": outcome, "refusal": refusal,
                "assurance": body.get("assurance"), "body": json.dumps(body), "at": when,
            },
        )  # fmt: skip
        return made
