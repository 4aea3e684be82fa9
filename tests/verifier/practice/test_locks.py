"""One practitioner, one place: whatever two institutions do at the same moment."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, text

from verifier.practice import locks
from verifier.practice.locks import Stand, Taken
from verifier.protocol.values import new_id
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .clinic import EAST, NOON, WEST, number

HERE = Stand("H99010100001", "东院区", "wgs84", *EAST)
NEAR = Stand("H99010100002", "西院区", "wgs84", *WEST)
FAR = Stand("H99010100003", "北方医院", "wgs84", 39.9, 116.4)
HOURS = timedelta(hours=8)
RACES = 1000


def take(
    conn: Connection, key: str, here: Stand, at: datetime = NOON, *, move: bool = False
) -> Taken:
    return locks.take(conn, key, new_id(), here, at, at + HOURS, move=move)


@pytest.fixture
def key(keyring: KeyRing) -> str:
    return locks.practitioner_key(keyring, b"k" * 32, HERE.institution, number(1))


@pytest.fixture
def begun(database: Database) -> Iterator[Connection]:
    with database.app.begin() as conn:
        yield conn


def test_the_first_gets_it(begun: Connection, key: str) -> None:
    assert take(begun, key, HERE) == Taken(True, NOON)


def test_elsewhere_it_moves_only_if_the_person_says_so_and_the_way_can_be_made(
    begun: Connection, key: str
) -> None:
    take(begun, key, HERE)
    later = NOON + timedelta(minutes=30)
    asked = take(begun, key, NEAR, later)
    assert (asked.ours, asked.reachable) == (False, True)
    assert asked.other is not None
    assert asked.other.stand == HERE
    moved = take(begun, key, NEAR, later, move=True)
    assert moved.ours
    assert moved.other is not None, "the first site is told"
    row = begun.execute(text("SELECT closed_at, taken_by FROM practice_locks WHERE site='东院区'"))
    assert tuple(row.one()) == (later, NEAR.institution)


def test_nobody_is_at_two_places_that_no_way_joins_in_the_time(begun: Connection, key: str) -> None:
    take(begun, key, HERE)
    soon = NOON + timedelta(minutes=30)
    locked = take(begun, key, FAR, soon, move=True)
    assert (locked.ours, locked.reachable) == (False, False)
    assert take(begun, key, FAR, NOON + timedelta(hours=7), move=True).ours


def test_at_the_same_site_the_first_window_stays(begun: Connection, key: str) -> None:
    take(begun, key, HERE)
    again = take(begun, key, HERE, NOON + timedelta(hours=1), move=True)
    assert not again.ours


def test_one_whose_time_is_over_is_in_nobodys_way(begun: Connection, key: str) -> None:
    take(begun, key, HERE)
    assert take(begun, key, FAR, NOON + HOURS).ours
    ended = begun.scalar(text("SELECT closed_at FROM practice_locks WHERE site = '东院区'"))
    assert ended == NOON + HOURS


def test_without_the_regions_key_an_institution_locks_within_itself(keyring: KeyRing) -> None:
    mine, theirs = (locks.practitioner_key(keyring, None, code, number(1)) for code in ("H1", "H2"))
    assert mine != theirs
    shared = {locks.practitioner_key(keyring, b"r" * 32, code, number(1)) for code in ("H1", "H2")}
    assert len(shared) == 1


def test_a_lock_holds_no_name_no_number_and_no_code(begun: Connection, key: str) -> None:
    take(begun, key, HERE)
    row = begun.execute(text("SELECT * FROM practice_locks")).one()
    assert number(1) not in str(tuple(row))


def test_in_a_thousand_races_of_two_institutions_just_one_gets_it(
    database: Database, keyring: KeyRing
) -> None:
    barrier = threading.Barrier(2)
    won: list[list[bool]] = [[], []]

    def run(mine: int, here: Stand) -> None:
        with database.app.connect() as conn:
            for race in range(RACES):
                key = locks.practitioner_key(keyring, b"r" * 32, "", number(race))
                barrier.wait()
                with conn.begin():
                    won[mine].append(take(conn, key, here).ours)

    pair = [threading.Thread(target=run, args=two) for two in enumerate((HERE, FAR))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
    assert [one + other for one, other in zip(*won, strict=True)] == [1] * RACES
    with database.app.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM practice_locks")) == RACES


def test_moves_back_and_forth_leave_stretches_that_touch_and_never_overlap(
    database: Database, key: str
) -> None:
    """Two clinics fight over one physician from two threads; every stretch is somebody's alone."""

    def run(here: Stand, offset: int) -> None:
        for turn in range(60):
            with database.app.begin() as conn:
                take(conn, key, here, NOON + timedelta(minutes=2 * turn + offset), move=True)

    pair = [threading.Thread(target=run, args=two) for two in ((HERE, 0), (NEAR, 1))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
    with database.app.connect() as conn:
        rows = conn.execute(
            text(
                "SELECT since, least(closed_at, until) AS ends FROM practice_locks "
                "WHERE least(closed_at, until) > since ORDER BY since, ends"
            )
        ).all()
    assert rows
    assert all(one.ends <= other.since for one, other in pairwise(rows))
