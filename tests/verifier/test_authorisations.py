"""A proxy acts for what was authorised, so often, until then; and is told why not."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import Connection, text

from verifier.identity import authorisations, erasure, people, ties
from verifier.identity.errors import IdentityRefused
from verifier.identity.galleries import Gallery
from verifier.identity.retention import Sweeper
from verifier.protocol.values import new_id, now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .fixtures import INSTITUTION

BY = "e0001"


@pytest.fixture
def two(conn: Connection, keyring: KeyRing, gallery: Gallery) -> tuple[str, str]:
    """A person and the daughter who is the proxy."""
    assert gallery.institution == INSTITUTION
    numbers = ("990101195001050018", "990101198001050010")
    mother, daughter = (
        people.register_person(conn, keyring, INSTITUTION, number=number, name="张三")
        for number in numbers
    )
    ties.tie(conn, INSTITUTION, mother, daughter, "proxy", "child", BY)
    return mother, daughter


def give(conn: Connection, two: tuple[str, str], uses: int = 2, days: int = 30) -> str:
    return authorisations.give(
        conn,
        INSTITUTION,
        *two,
        scope=["settlement", "dispensing"],
        uses=uses,
        expires_at=now() + timedelta(days=days),
        by=BY,
    )


def refused_use(conn: Connection, two: tuple[str, str], purpose: str = "settlement") -> str:
    with pytest.raises(IdentityRefused) as refused:
        authorisations.use(conn, INSTITUTION, *two, purpose, BY)
    return refused.value.code


def test_each_use_is_counted_and_after_the_last_there_is_none(
    conn: Connection, two: tuple[str, str]
) -> None:
    give(conn, two)
    left = [authorisations.use(conn, INSTITUTION, *two, "settlement", BY).used for _ in range(2)]
    assert left == [1, 2]
    assert refused_use(conn, two) == "authorisation.used_up"
    used = "SELECT count(*) FROM ledger WHERE kind = 'authorisation.used'"
    assert conn.scalar(text(used)) == 2


def test_it_ends_by_time_by_revoking_and_with_the_proxy(
    conn: Connection, two: tuple[str, str]
) -> None:
    give(conn, two, days=1)
    with time_machine.travel(now() + timedelta(days=1, seconds=1)):
        assert refused_use(conn, two) == "authorisation.expired"
    given = give(conn, two)
    conn.execute(text("DELETE FROM standing_authorisations WHERE id <> :id"), {"id": given})
    authorisations.revoke(conn, INSTITUTION, given, BY)
    assert refused_use(conn, two) == "authorisation.revoked"
    conn.execute(text("DELETE FROM standing_authorisations"))
    give(conn, two)
    (tie,) = ties.of_person(conn, INSTITUTION, two[0])
    ties.untie(conn, INSTITUTION, tie.id, BY)
    assert refused_use(conn, two) == "authorisation.revoked"
    assert refused_use(conn, two, "admission") == "authorisation.other_purpose"


def test_what_was_never_given_is_none(conn: Connection, two: tuple[str, str]) -> None:
    assert refused_use(conn, two) == "authorisation.none"
    give(conn, two)
    assert refused_use(conn, two, "admission") == "authorisation.other_purpose"
    assert refused_use(conn, (two[1], two[0])) == "authorisation.none", "not the other way round"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": []}, "authorisation.scope"),
        ({"uses": 0}, "authorisation.uses"),
        ({"uses": 101}, "authorisation.uses"),
        ({"expires_at": now() - timedelta(days=1)}, "authorisation.expiry"),
        ({"expires_at": now() + timedelta(days=400)}, "authorisation.expiry"),
        ({"proxy": new_id()}, "authorisation.no_proxy"),
    ],
)
def test_what_cannot_be_authorised_is_refused(
    conn: Connection, two: tuple[str, str], changes: dict[str, object], code: str
) -> None:
    said: dict[str, object] = {
        "person": two[0],
        "proxy": two[1],
        "scope": ["settlement"],
        "uses": 1,
        "expires_at": now() + timedelta(days=2),
        "by": BY,
    }
    with pytest.raises(IdentityRefused) as refused:
        authorisations.give(conn, INSTITUTION, **(said | changes))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_nobody_is_an_own_proxy_nor_one_of_somebody_unknown(
    conn: Connection, two: tuple[str, str]
) -> None:
    for other, code in ((two[0], "tie.oneself"), (new_id(), "person.unknown")):
        with pytest.raises(IdentityRefused) as refused:
            ties.tie(conn, INSTITUTION, two[0], other, "proxy", "child", BY)
        assert refused.value.code == code


def test_what_the_desk_wrote_goes_with_the_person(
    conn: Connection, gallery: Gallery, two: tuple[str, str]
) -> None:
    give(conn, two)
    erasure.erase(conn, gallery, two[1])
    for table in ("person_ties", "standing_authorisations"):
        assert conn.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_what_ended_three_years_ago_is_swept(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with database.app.begin() as conn:
        numbers = ("990101195001050018", "990101198001050010")
        pair = tuple(
            people.register_person(conn, keyring, INSTITUTION, number=number, name="张三")
            for number in numbers
        )
        ties.tie(conn, INSTITUTION, *pair, "proxy", "child", BY)
        give(conn, (pair[0], pair[1]))
        # They are here still; only the authorisation has had its time.
        conn.execute(text("UPDATE people SET created_at = created_at + interval '400 days'"))
    sweeper = Sweeper(database.app, gallery)
    assert sweeper.sweep(now() + timedelta(days=1000))["desk"] == 0
    assert sweeper.sweep(now() + timedelta(days=1130))["desk"] == 1, "the tie is in force still"
