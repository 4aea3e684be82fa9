"""At every minute a physician has at most one practising window, whatever happens in what order."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from verifier.identity import galleries, institutions
from verifier.identity.galleries import Gallery
from verifier.practice import windows
from verifier.practice.check_in import check_in
from verifier.practice.desk import Desk
from verifier.protocol.practice import CheckIn, Reason
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from ..fixtures import PACK
from .clinic import NOON, Doctor, build, doctor, shift
from .identities import desk_at, recognised

OTHER = "H99010100002"
RACES = 1000
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "move", "extend", "tidy"]),
        st.sampled_from(["east", "west"]),
        st.integers(0, 240),
    ),
    max_size=12,
)


def test_in_a_thousand_races_of_two_hospitals_just_one_window_opens(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    """The whole check-in, each hospital with its own rows, terminal and registration."""
    with database.app.begin() as conn:
        institutions.ensure(conn, OTHER, "他院", demo=True)
        theirs = galleries.open_gallery(conn, keyring, OTHER, PACK)
        sides = []
        for mine in (gallery, theirs):
            build(conn, mine.institution)
            who = doctor(conn, keyring, mine.institution, 1)
            shift(conn, mine.institution, who, NOON - timedelta(hours=1), 24 * 400)
            site = "east" if mine is gallery else "west"
            shift(conn, mine.institution, who, NOON - timedelta(hours=1), 24 * 400, site="west")
            sides.append((desk_at(conn, keyring, mine, site), who))
    barrier, opened = threading.Barrier(2), [[False] * RACES, [False] * RACES]

    def run(side: int, desk: Desk, who: Doctor) -> None:
        with database.app.connect() as conn:
            for race in range(RACES):
                at = NOON + timedelta(hours=race)
                with conn.begin():
                    receipt = recognised(conn, desk, who.person, at)
                barrier.wait()
                with conn.begin():
                    answer = check_in(conn, desk, CheckIn(receipt_id=receipt, act="in"), at)
                opened[side][race] = answer.outcome == "confirmed"
                barrier.wait()
                if answer.window:
                    with conn.begin():
                        found = windows.get(conn, desk.institution, answer.window)
                        assert found is not None
                        windows.close(conn, found, at + timedelta(minutes=30), "out")

    threads = [
        threading.Thread(target=run, args=(number, *side)) for number, side in enumerate(sides)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sum(race) for race in zip(*opened, strict=True)] == [1] * RACES
    assert min(sum(side) for side in opened) > 0, "each of the two was first now and then"


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_windows_of_one_physician_never_overlap(
    database: Database, keyring: KeyRing, gallery: Gallery, steps: list[tuple[str, str, int]]
) -> None:
    with database.app.connect() as conn, conn.begin() as undone:
        build(conn, gallery.institution)
        who = doctor(conn, keyring, gallery.institution, 1)
        shift(conn, gallery.institution, who, NOON, 6)
        desks = {site: desk_at(conn, keyring, gallery, site) for site in ("east", "west")}
        at = NOON
        for act, site, minutes in steps:
            at += timedelta(minutes=minutes)
            _do(conn, desks[site], who, act, at)
        _assert_apart(conn)
        undone.rollback()


def _do(conn: Connection, desk: Desk, who: Doctor, act: str, at: datetime) -> None:
    if act == "tidy":
        windows.end_of_time(conn, desk.institution, at)
    elif act == "extend":
        found = windows.last_before(conn, who.person, at)
        if found is not None and found.open_at(at):
            until = min(at + timedelta(hours=9), found.opened_at + desk.rules.longest)
            windows.extend(conn, found, until, at, "operation")
    else:
        receipt = recognised(conn, desk, who.person, at)
        asked = CheckIn(
            receipt_id=receipt,
            act="out" if act == "out" else "in",
            reason=Reason.EXTRA_HOURS,
            move=act == "move",
        )
        check_in(conn, desk, asked, at)


def _assert_apart(conn: Connection) -> None:
    rows = conn.execute(
        text(
            "SELECT w.opened_at, least(coalesce(w.closed_at, w.until), l.closed_at) AS ends_at "
            "FROM practice_windows AS w LEFT JOIN practice_locks AS l ON l.practice_window = w.id "
            "WHERE w.state <> 'denied' ORDER BY w.opened_at, ends_at"
        )
    ).all()
    assert all(one.ends_at <= other.opened_at for one, other in pairwise(rows)), rows
    assert all(row.opened_at <= row.ends_at for row in rows), rows
