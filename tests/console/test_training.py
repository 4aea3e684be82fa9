"""Training: what is done in it is nowhere else, and its forms act nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from console.app import mount
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.verifier.serving.staff import member
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.store.metadata import Base
from verifier.training.invented import BY_KEY
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code, leads_to

TRAINING, COUNTER, PEOPLE = "/console/training", "/console/counter", "/console/people"
BAND = "这里的人都是虚构的，什么都不计入"
OWN = {"sessions", "ledger", "ledger_leaves", "checkpoints"}
"""A session says its mode, and the ledger when that changed; a background thread seals."""


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, tmp_path: Path
) -> Iterator[Hospital]:
    """A hospital with a folder, in which a ground can be opened."""
    with open_hospital(database, keyring, gallery, data=tmp_path / "d") as opened:
        mount(opened.http.app, opened.site)
        yield opened
        opened.http.app.state.grounds.close()


@pytest.fixture
def clerk(hospital: Hospital) -> Desk:
    """Somebody who works at the counter."""
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "g0001", Role.COUNTER).token
    return desk


def everything(hospital: Hospital) -> dict[str, list[str]]:
    """Every row of the hospital's store."""
    with hospital.database.owner.connect() as conn:
        return {
            table.name: sorted(str(tuple(row)) for row in conn.execute(table.select()))
            for table in Base.metadata.sorted_tables
        }


def told(hospital: Hospital) -> list[str]:
    """Kinds of the entries of the hospital's ledger, in order."""
    with hospital.database.owner.connect() as conn:
        return list(conn.scalars(text("SELECT kind FROM ledger ORDER BY seq")))


def begin(desk: Desk) -> None:
    assert leads_to(desk.post(f"{TRAINING}/entered", TRAINING)) == TRAINING


def leave(desk: Desk) -> None:
    assert leads_to(desk.post(f"{TRAINING}/left", TRAINING)) == "/console"


def test_what_is_done_in_training_is_nowhere_in_the_hospitals_store(
    hospital: Hospital, clerk: Desk
) -> None:
    before, entries = everything(hospital), told(hospital)
    assert BAND not in clerk.get(COUNTER).text
    begin(clerk)
    page = clerk.get(COUNTER).text
    assert BAND in page
    assert "<title>【练习】" in page
    made = leads_to(clerk.post(f"{COUNTER}/emergency", COUNTER))
    assert BAND in clerk.get(made).text, "and on the wristband"
    leave(clerk)
    assert BAND not in clerk.get(COUNTER).text
    after = everything(hospital)
    assert {name for name in before if before[name] != after[name]} <= OWN
    assert told(hospital) == [*entries, "training.begun", "training.ended"]
    assert code(clerk.get(made)) == "counter.unknown", "nor does the page show it"
    assert BY_KEY["patient"].number not in clerk.get(COUNTER).text
