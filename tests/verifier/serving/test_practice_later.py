"""What comes after a check-in: the random question, and check-ins that come late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from verifier.identity.galleries import Gallery
from verifier.identity.retention import Sweeper
from verifier.policy.load import load_policy, parse, shipped
from verifier.practice import sites
from verifier.protocol.practice import PURPOSE, CheckedIn
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION
from .hospital import (
    visit_of,
)
from .physicians import HUA, Clinic, ahead, clinic_of
from .staff import member
from .test_tickets import batch_of, over

# Recognised once more


@pytest.fixture
def asking(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Clinic]:
    """A hospital that switched the random question on, and takes tickets for check-ins."""
    table = load_policy(shipped("demo")).policy.model_dump()
    table["practice"]["recheck"] = True
    table["purposes"][PURPOSE]["ticket_days"] = 1
    with clinic_of(database, keyring, gallery, policy=parse(table)) as made:
        yield made


def test_who_was_asked_and_comes_keeps_the_whole_window(asking: Clinic) -> None:
    asking.on_shift()
    opened = asking.check(asking.east)
    keeper = asking.hospital.site.housekeeper
    assert keeper.ask_again() == 0, "its moment is later than a quarter of the time"
    ahead(asking, hours=5.4)
    assert keeper.ask_again() == 1
    assert keeper.ask_again() == 0, "once a window"
    waiting = asking.ask()
    assert waiting["active"]
    assert datetime.fromtimestamp(waiting["exp"], UTC) <= asking.now() + timedelta(hours=1)
    again = asking.check(asking.east)
    assert (again.outcome, again.window) == ("already_in", opened.window)
    assert opened.until is not None
    assert asking.ask()["exp"] == int(opened.until.timestamp())


def test_who_was_asked_and_does_not_come_is_not_in_at_the_next_question(asking: Clinic) -> None:
    asking.on_shift()
    asking.check(asking.east)
    ahead(asking, hours=5.4)
    assert asking.hospital.site.housekeeper.ask_again() == 1
    ahead(asking, minutes=60.1)
    assert not asking.ask()["active"], "before anybody tidied up"
    asking.hospital.site.housekeeper.end_windows()
    assert asking.hospital.count("practice_windows", "closed_by = 'recheck'") == 1


@pytest.mark.parametrize("kind", ["theatre", "icu", "delivery", "emergency"])
def test_nobody_is_asked_in_theatre_icu_delivery_or_emergency(asking: Clinic, kind: str) -> None:
    with asking.hospital.database.app.begin() as conn:
        sites.put_department(conn, INSTITUTION, "cardiology", "心内科", "east", kind)
    asking.on_shift()
    asking.check(asking.east)
    ahead(asking, hours=5.4)
    assert asking.hospital.site.housekeeper.ask_again() == 0


def test_as_it_ships_nobody_is_asked(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    ahead(clinic, hours=5.4)
    assert clinic.hospital.site.housekeeper.ask_again() == 0


# Offline


def offline(clinic: Clinic) -> CheckedIn:
    """A check-in over a ticket: the claim comes two hours after it was made."""
    batch = batch_of(clinic.east)
    made = datetime.now(UTC)
    said = {"said": visit_of(HUA), "purpose": PURPOSE, "batch": batch, "created_at": made}
    ahead(clinic, hours=2)
    answer = clinic.east.send(over(clinic.east, batch.tickets[0], **said))
    assert answer.status_code == 200, answer.text
    return clinic.sent(clinic.east, answer.json()["receipt_id"])


def test_an_offline_check_in_is_deferred_and_no_window_until_it_is_approved(
    asking: Clinic,
) -> None:
    asking.on_shift()
    answer = offline(asking)
    assert answer.outcome == "deferred"
    assert (answer.receipt, answer.opened_at is not None) == (None, True)
    at = answer.opened_at
    said = asking.ask(at)
    assert (said["active"], said["window_state"]) == (False, "unknown"), "nobody can say yet"
    office = member(asking.hospital, "y0001", Role.MEDICAL_AFFAIRS)
    path = f"/v1/practice/windows/{answer.window}/review"
    assert office.ask("POST", path, json={"approve": True}).status_code == 204
    said = asking.ask(at)
    assert (said["active"], said["window_state"]) == (True, "approved")
    where = "proved_from < opened_at AND opened_at < proved_to AND proved_to - opened_at > '1 hour'"
    assert asking.hospital.count("practice_windows", where) == 1


def test_an_offline_check_in_over_another_window_is_not_approved(asking: Clinic) -> None:
    asking.on_shift()
    answer = offline(asking)
    with asking.hospital.database.app.begin() as conn:
        conn.execute(text("UPDATE practice_windows SET opened_at = opened_at + interval '3 hours'"))
    asking.check(asking.east)
    with asking.hospital.database.app.begin() as conn:
        late = (
            "UPDATE practice_windows SET opened_at = :at, until = :until WHERE state = 'deferred'"
        )
        at = asking.now()
        conn.execute(text(late), {"at": at, "until": at + timedelta(hours=2)})
    ahead(asking, minutes=5)
    office = member(asking.hospital, "y0001", Role.MEDICAL_AFFAIRS)
    path = f"/v1/practice/windows/{answer.window}/review"
    assert office.refused("POST", path, json={"approve": True}) == "practice.overlaps"
    assert office.ask("POST", path, json={"approve": False}).status_code == 204


# Its life


def test_points_go_after_two_months_and_windows_after_three_years(clinic: Clinic) -> None:
    clinic.on_shift()
    clinic.check(clinic.east)
    clinic.check(clinic.east, "out")
    sweeper = Sweeper(clinic.hospital.database.app, clinic.hospital.gallery)
    assert sweeper.sweep(clinic.now() + timedelta(days=61))["practice"] == 0
    assert sweeper.sweep(clinic.now() + timedelta(days=63))["practice"] == 1
    assert clinic.hospital.count("practice_points") == 0
    left = ("practice_locks", "practice_changes", "roster_slots")
    sweeper.sweep(clinic.now() + timedelta(days=201))
    assert [clinic.hospital.count(table) for table in left] == [0, 0, 0]
    assert clinic.hospital.count("practice_windows") == 1
    with clinic.hospital.database.owner.begin() as conn:
        conn.execute(text("UPDATE practice_windows SET until = until - interval '1096 days'"))
    sweeper.sweep(clinic.now() + timedelta(days=1))
    assert clinic.hospital.count("practice_windows") == 0
