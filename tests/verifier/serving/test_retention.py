"""What has had its time ends, and the ledger can tell that from a removal."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from verifier.identity import filing, retention
from verifier.identity.galleries import Gallery
from verifier.identity.retention import LIVES, Sweeper
from verifier.ledger import append
from verifier.ledger.verifying import verify
from verifier.policy.load import load_policy, parse, shipped
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.store.metadata import Base
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .counters import clerk, id_card
from .hospital import Hospital, Terminal, faceless, invent, open_hospital, visit_of

ZHANG, LI = invent(1), invent(2, "李四")


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:
    """One that was there five years ago."""
    table = load_policy(shipped("demo")).policy.model_dump()
    table["notices"][0]["in_force_from"] = date(2020, 1, 1)
    with open_hospital(database, keyring, gallery, policy=parse(table)) as opened:
        yield opened


def codes(hospital: Hospital) -> list[str]:
    """What `ledger verify` finds."""
    hospital.site.sealer.seal()
    key = hospital.keyring.checkpoint_key
    with hospital.database.app.connect() as conn:
        report = verify(conn, INSTITUTION, {key.kid or "": key}.get, keyring=hospital.keyring)
    return [finding.code for finding in report.findings]


def sweep(hospital: Hospital, **later: float) -> dict[str, int]:
    at = now() + timedelta(**later)
    return Sweeper(hospital.database.app, hospital.gallery).sweep(at)


def test_every_table_has_a_life() -> None:
    assert sorted(life.table for life in LIVES) == sorted(Base.metadata.tables)
    assert all(life.why and life.ends for life in LIVES)


def test_a_face_goes_after_two_years_without_a_visit_and_the_ledger_says_so(
    hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    hospital.enrol(LI)
    assert sweep(hospital, days=729)["templates"] == 0
    terminal.decide(visit_of(LI))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE templates SET created_at = created_at - interval '10 days'"))
    assert sweep(hospital, days=725)["templates"] == 1, "not of who was here"
    hospital.site.housekeeper.follow()
    assert len(hospital.site.gallery) == 1
    assert hospital.count("consents") == 2, "proof that it was lawful stays"
    assert codes(hospital) == []
    assert sweep(hospital, days=725)["templates"] == 0


def test_a_filler_of_the_demo_stays(hospital: Hospital) -> None:
    hospital.enrol(ZHANG)
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE templates SET synthetic = true"))
        conn.execute(text("UPDATE people SET synthetic = true"))
    assert sweep(hospital, days=9999)["templates"] == 0


def test_who_was_not_here_for_three_years_has_no_name_left(hospital: Hospital) -> None:
    hospital.enrol(ZHANG)
    assert sweep(hospital, days=1096) | {"account_codes": 0} == {
        "templates": 1, "people": 1, "decisions": 0, "account_codes": 0, "sessions": 0,
        "practice": 0, "his": 0, "desk": 0, "counter": 0, "batches": 0, "watch": 0, "presence": 0,
        "ratings": 0,
    }  # fmt: skip
    with hospital.database.owner.connect() as conn:
        assert conn.scalar(text("SELECT name_sealed FROM people")) is None
        assert conn.scalar(text("SELECT count(*) FROM identifiers")) == 0
    assert codes(hospital) == []


def decided_long_ago(hospital: Hospital, terminal: Terminal, days: float) -> None:
    with time_machine.travel(now() - timedelta(days=days)):
        terminal.decide(faceless(ZHANG))


def test_what_the_counter_kept_ends_with_its_decision_and_verifies_as_gone(
    hospital: Hospital, terminal: Terminal
) -> None:
    wang = clerk(hospital, "c0001")
    with time_machine.travel(now() - timedelta(days=1097)):
        terminal.decide(faceless(ZHANG), "admission")
        (item,) = wang.queue()
        wang.take(item.id)
        wang.sees(item.id, id_card(ZHANG))
        wang.emergency()
    wang.emergency()
    assert codes(hospital) == []
    gone = sweep(hospital)
    assert (gone["counter"], gone["decisions"]) == (2, 2)
    assert (hospital.count("counter_items"), hospital.count("counter_results")) == (1, 0)
    assert codes(hospital) == []


def test_a_decision_of_three_years_ago_goes_and_verifies_as_gone(
    hospital: Hospital, terminal: Terminal
) -> None:
    decided_long_ago(hospital, terminal, 1096)
    terminal.decide(faceless(ZHANG))
    assert codes(hospital) == []
    assert Sweeper(hospital.database.app, hospital.gallery).due(now())["decisions"] == 1
    assert sweep(hospital)["decisions"] == 1
    assert (hospital.count("decisions"), hospital.count("receipts")) == (1, 1)
    assert codes(hospital) == []


def test_a_decision_whose_receipt_lived_longer_goes_when_the_receipt_may(
    hospital: Hospital, terminal: Terminal
) -> None:
    decided_long_ago(hospital, terminal, 1096)
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE receipts SET expires_at = expires_at + interval '6 days'"))
    assert sweep(hospital)["decisions"] == 0
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE receipts SET expires_at = expires_at - interval '6 days'"))
    assert sweep(hospital)["decisions"] == 1


def test_more_that_are_gone_than_were_swept_are_found(
    hospital: Hospital, terminal: Terminal
) -> None:
    for _ in range(2):
        decided_long_ago(hospital, terminal, 1097)
    with hospital.database.owner.begin() as conn:
        conn.execute(
            text(
                "UPDATE receipts SET expires_at = now() WHERE decision = ("
                "SELECT id FROM decisions ORDER BY decided_at LIMIT 1)"
            )
        )
    assert sweep(hospital)["decisions"] == 1
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM receipts"))
        conn.execute(text("DELETE FROM decisions"))
    assert codes(hospital) == ["decision.removed"]


def test_that_a_face_had_its_time_is_entered_as_such(hospital: Hospital) -> None:
    hospital.enrol(ZHANG)
    sweep(hospital, days=731)
    with hospital.database.app.connect() as conn:
        said = conn.scalar(
            text("SELECT body->>'reason' FROM ledger WHERE kind = 'consent.withdrawn'")
        )
    assert said == "retention"


def test_a_decision_that_was_removed_is_found_though_older_ones_were_swept(
    hospital: Hospital, terminal: Terminal
) -> None:
    decided_long_ago(hospital, terminal, 1096)
    sweep(hospital)
    terminal.decide(faceless(ZHANG))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM receipts"))
        conn.execute(text("DELETE FROM decisions"))
    assert codes(hospital) == ["decision.removed"]


def test_an_entry_that_says_younger_ones_were_swept_excuses_nothing(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.decide(faceless(ZHANG))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("DELETE FROM receipts"))
        conn.execute(text("DELETE FROM decisions"))
    with hospital.database.app.begin() as conn:
        said = {"what": "decisions", "count": 1, "before": now().isoformat()}
        append(conn, INSTITUTION, retention.SWEPT, said)
    assert codes(hospital) == ["decision.removed"]


def test_the_app_itself_cannot_delete_a_younger_decision(
    hospital: Hospital, terminal: Terminal
) -> None:
    terminal.decide(faceless(ZHANG))
    with hospital.database.app.begin() as conn:
        assert conn.execute(text("DELETE FROM receipts")).rowcount == 0
        assert conn.execute(text("DELETE FROM decisions")).rowcount == 0
    with pytest.raises(ProgrammingError), hospital.database.app.begin() as conn:
        conn.execute(text("DELETE FROM consents"))


# The mark for filing


def test_distinct_people_are_counted_for_the_filing(hospital: Hospital) -> None:
    zhang = hospital.enrol(ZHANG)
    hospital.enrol(ZHANG)
    li = hospital.enrol(LI)
    wang = hospital.enrol(invent(3, "王五"))
    with hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE people SET state = 'merged' WHERE id = :id"), {"id": li})
        conn.execute(text("UPDATE people SET synthetic = true WHERE id = :id"), {"id": wang})
    with hospital.database.app.begin() as conn:
        assert filing.count(conn, INSTITUTION).people == 1
        assert filing.note(conn, INSTITUTION, marks=(1, 2)) == [1]
        assert filing.note(conn, INSTITUTION, marks=(1, 2)) == [], "once"
    assert zhang
    assert hospital.site.housekeeper.retire()["templates"] == 0
    sweep(hospital, days=731)
    with hospital.database.app.begin() as conn:
        assert filing.count(conn, INSTITUTION).people == 0, "whose face went counts no more"
