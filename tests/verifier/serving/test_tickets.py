"""Tickets: claims made while the verifier was away, in their order, within their dates."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import text

from kiosk.tickets import TicketStock
from verifier.identity.galleries import Gallery
from verifier.policy.load import load_policy, parse, shipped
from verifier.protocol import ticket as protocol
from verifier.protocol.claim import Claim, Evidence, claim_hash
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.errors import Refused
from verifier.protocol.ticket import STOCK, Ticket, TicketBatch
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .hospital import Hospital, Terminal, basis, faceless, invent, open_hospital

ZHANG = invent(1)
DAYS = 3


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:
    """One whose policy takes tickets for settlement, for three days."""
    table = load_policy(shipped("demo")).policy.model_dump()
    table["purposes"]["settlement"]["ticket_days"] = DAYS
    with open_hospital(database, keyring, gallery, policy=parse(table)) as opened:
        yield opened


def batch_of(terminal: Terminal) -> TicketBatch:
    answer = terminal.post("/v1/tickets", b"")
    assert answer.status_code == 200, answer.text
    return TicketBatch.model_validate_json(answer.content)


def over(terminal: Terminal, compact: str, **changes: Any) -> str:
    """A claim made without the verifier."""
    terminal.counter += 1
    batch = changes.pop("batch")
    evidence: Evidence = changes.pop("said", faceless(ZHANG))
    said: dict[str, Any] = {
        "aud": terminal.institution,
        "terminal": terminal.id,
        "challenge": protocol.peek(compact).ticket,
        "visit": new_id(),
        "purpose": "settlement",
        "mode": "central",
        "counter": terminal.counter,
        "previous": terminal.previous,
        "created_at": datetime.now(UTC),
        "legal_basis": basis(notice=batch.notice_version),
        "evidence": evidence.sealed(OKPKey.import_key(batch.seal_key)),
        "ticket": compact,
    }
    return Claim(**(said | changes)).signed(terminal.key)


def code(terminal: Terminal, compact: str) -> str:
    answer = terminal.send(compact)
    assert answer.status_code >= 400, answer.text
    return str(answer.json()["code"])


def test_a_claim_over_a_ticket_is_decided_later_and_says_so(terminal: Terminal) -> None:
    batch = batch_of(terminal)
    assert (len(batch.tickets), batch.purposes) == (STOCK, ["settlement"])
    sent = over(terminal, batch.tickets[0], batch=batch)
    answer = terminal.send(sent)
    given = ClaimAnswer.model_validate_json(answer.content)
    assert given.decision.outcome == "accepted"
    assert given.decision.reasons[-1] == "by_ticket"
    assert terminal.send(sent).json() == answer.json(), "the same bytes, the same answer"


def test_tickets_are_used_in_their_order_and_what_was_passed_over_is_void(
    terminal: Terminal,
) -> None:
    batch = batch_of(terminal)
    assert terminal.send(over(terminal, batch.tickets[2], batch=batch)).status_code == 200
    assert code(terminal, over(terminal, batch.tickets[1], batch=batch)) == "challenge.superseded"
    assert terminal.send(over(terminal, batch.tickets[3], batch=batch)).status_code == 200
    again = over(terminal, batch.tickets[3], batch=batch)
    assert code(terminal, again) == "challenge.spent"


def test_a_queue_that_was_made_while_the_verifier_was_away_comes_in_its_order(
    terminal: Terminal,
) -> None:
    batch, queue = batch_of(terminal), []
    for compact in batch.tickets[:3]:
        queue.append(over(terminal, compact, batch=batch))
        terminal.previous = claim_hash(queue[-1])
    assert [terminal.send(compact).status_code for compact in queue] == [200, 200, 200]


def test_the_stock_is_filled_up_and_an_open_challenge_stays_open(terminal: Terminal) -> None:
    challenge = terminal.challenge()
    first = batch_of(terminal)
    terminal.send(over(terminal, first.tickets[0], batch=first))
    second = batch_of(terminal)
    assert second.tickets[:-1] == first.tickets[1:]
    sequences = [protocol.peek(compact).sequence for compact in second.tickets]
    assert sequences == list(range(2, STOCK + 2))
    assert terminal.send(terminal.sign(challenge, faceless(ZHANG))).status_code == 200


def test_a_ticket_has_its_days(hospital: Hospital, terminal: Terminal) -> None:
    batch = batch_of(terminal)
    kept = over(terminal, batch.tickets[0], batch=batch)
    hospital.clock.ahead = timedelta(days=DAYS)
    assert code(terminal, kept) == "challenge.expired"
    late = datetime.now(UTC) + timedelta(days=DAYS)
    made_late = over(terminal, batch.tickets[1], batch=batch, created_at=late)
    assert code(terminal, made_late) == "ticket.invalid"
    early = datetime.now(UTC) - timedelta(days=1)
    made_early = over(terminal, batch.tickets[1], batch=batch, created_at=early)
    assert code(terminal, made_early) == "ticket.invalid"
    fresh = {protocol.peek(compact).ticket for compact in batch_of(terminal).tickets}
    assert fresh.isdisjoint({protocol.peek(compact).ticket for compact in batch.tickets})


def test_anothers_or_a_forged_ticket_spends_nothing(hospital: Hospital, terminal: Terminal) -> None:
    other = hospital.terminal()
    mine, theirs = batch_of(terminal), batch_of(other)
    assert code(terminal, over(terminal, theirs.tickets[0], batch=mine)) == "ticket.invalid"
    known = protocol.peek(mine.tickets[0])
    key = OKPKey.generate_key("Ed25519")
    forged = protocol.sign(Ticket(**known.model_dump()), key)
    assert code(terminal, over(terminal, forged, batch=mine)) == "ticket.invalid"
    swapped = over(terminal, mine.tickets[0], batch=mine, challenge=new_id())
    assert code(terminal, swapped) == "ticket.invalid"
    assert terminal.send(over(terminal, mine.tickets[0], batch=mine)).status_code == 200
    assert other.send(over(other, theirs.tickets[0], batch=theirs)).status_code == 200


def test_a_purpose_without_days_takes_no_ticket(hospital: Hospital, terminal: Terminal) -> None:
    batch = batch_of(terminal)
    elsewhere = over(terminal, batch.tickets[0], batch=batch, purpose="outpatient_registration")
    assert code(terminal, elsewhere) == "ticket.off"
    registration = hospital.terminal(purposes=["outpatient_registration"])
    assert registration.post("/v1/tickets", b"").json()["code"] == "ticket.off"


def test_as_shipped_no_purpose_takes_tickets() -> None:
    for overlay in (None, shipped("demo")):
        purposes = load_policy(overlay).policy.purposes.values()
        assert not any(purpose.ticket_days for purpose in purposes)


def test_a_copied_terminals_stock_is_no_second_stock(terminal: Terminal) -> None:
    batch = batch_of(terminal)
    copy = terminal.copy()
    terminal.send(over(terminal, batch.tickets[0], batch=batch))
    thiefs = over(copy, batch.tickets[1], batch=batch)
    assert code(copy, thiefs) == "terminal.clone_suspected"


def test_tickets_nobody_used_are_swept(hospital: Hospital, terminal: Terminal) -> None:
    batch_of(terminal)
    hospital.clock.ahead = timedelta(days=DAYS + 2)
    assert hospital.site.housekeeper.sweep()["challenges"] == STOCK


# The stock on the terminal's disk


def test_a_ticket_is_off_the_disk_before_it_is_used(terminal: Terminal, tmp_path: Path) -> None:
    path, at = tmp_path / "tickets.json", datetime.now(UTC)
    stock = TicketStock(path)
    assert stock.take(at) is None
    stock.fill(batch_of(terminal))
    first = stock.take(at)
    assert first is not None
    assert path.stat().st_mode & 0o777 == 0o600
    again = TicketStock(path)
    assert again.left(at) == STOCK - 1
    second = again.take(at)
    assert second is not None
    assert (first[1].sequence, second[1].sequence) == (1, 2)
    again.fill(batch_of(terminal))
    third = again.take(at)
    assert third is not None
    assert third[1].sequence == 3, "what was taken and never sent is not taken again"
    assert again.take(at + timedelta(days=DAYS, minutes=1)) is None
    path.write_text("{")
    assert TicketStock(path).left(at) == 0


def test_what_is_no_ticket_is_refused() -> None:
    for compact in ("", "a.b", "a.!.c", "a.e30.c"):
        with pytest.raises(Refused) as refused:
            protocol.peek(compact)
        assert refused.value.code == "ticket.invalid"


def test_the_store_keeps_sequence_and_state(hospital: Hospital, terminal: Terminal) -> None:
    batch_of(terminal)
    with hospital.database.owner.connect() as conn:
        rows = conn.execute(text("SELECT sequence, state FROM challenges ORDER BY sequence")).all()
    assert [tuple(row) for row in rows] == [(n, "ticket") for n in range(1, STOCK + 1)]
