"""Another institution's rows, asked for by statements that forget to say whose they want."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from verifier import ledger
from verifier.counter import arriving, lost
from verifier.counter.documents import Document
from verifier.counter.lost import Second
from verifier.identity import institutions, templates
from verifier.identity.galleries import open_gallery
from verifier.policy.load import load_policy
from verifier.protocol.values import now
from verifier.store import tenancy
from verifier.store.database import Database, open_embedded
from verifier.store.errors import StoreRefused
from verifier.store.metadata import Base
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .fixtures import (
    INSTITUTION,
    PACK,
    embedded_server,
    joined,
    register_somebody,
    unit_vectors,
)

OTHER = "H99010100002"


@pytest.fixture
def two(database: Database, keyring: KeyRing) -> Database:
    """A database in which two institutions have somebody each."""
    with database.app.begin() as conn:
        for code in (INSTITUTION, OTHER):
            institutions.ensure(conn, code, code, demo=True)
            gallery = open_gallery(conn, keyring, code, PACK)
            somebody = register_somebody(conn, keyring, code, "990101198001010013")
            face = (somebody.id, somebody.consent, unit_vectors(1), 0.9)
            templates.enrol(conn, keyring, gallery, *face)
            made = accounts.create(conn, keyring, code, "g0001", now())
            accounts.grant(conn, code, made.account, Role.COUNTER, now())
            arriving.emergency(conn, code, load_policy().policy, made.account, now())
            card = Document("resident_id", "990101198001010013")
            said = (card, Second("name", "张三"), made.account, now())
            lost.report(conn, keyring, code, *said)
    return database


@pytest.fixture
def ours(two: Database) -> Iterator[Database]:
    """The same database as a verifier of the first one opens it."""
    server = embedded_server()
    name = str(two.app.url.database)
    with open_embedded(joined(server), name, INSTITUTION) as opened:
        yield opened


def count(database: Database, table: str) -> int:
    with database.app.connect() as conn:
        return int(conn.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.mark.parametrize(
    "table",
    ["people", "identifiers", "consents", "templates", "galleries", "ledger", "accounts",
     "account_roles", "account_codes", "counter_items", "lost_cards"],
)  # fmt: skip
def test_what_is_anothers_is_not_there(two: Database, ours: Database, table: str) -> None:
    everybodys, own = count(two, table), count(ours, table)
    assert 0 < own == everybodys // 2


def test_what_is_anothers_is_neither_changed_nor_removed_nor_added(
    two: Database, ours: Database
) -> None:
    with ours.app.begin() as conn:
        changed = conn.execute(text("UPDATE accounts SET state = 'closed'"))
        assert changed.rowcount == 1
        assert conn.execute(text("DELETE FROM account_codes")).rowcount == 1
    with pytest.raises(ProgrammingError, match="row-level security"), ours.app.begin() as conn:
        ledger.append(conn, OTHER, "test.happened", {})
    with two.app.connect() as conn:
        left = conn.scalars(text("SELECT state FROM accounts ORDER BY state")).all()
    assert left == ["closed", "invited"]


def test_every_table_has_a_policy_or_a_reason_to_have_none(database: Database) -> None:
    with database.owner.connect() as conn:
        held = set(
            conn.scalars(
                text("SELECT tablename FROM pg_policies WHERE policyname = :policy"),
                {"policy": tenancy.POLICY},
            )
        )
    assert held.isdisjoint(tenancy.APART)
    assert held | set(tenancy.APART) == set(Base.metadata.tables)


def test_a_verifier_does_not_start_where_rows_are_not_left_out(
    database: Database, ours: Database
) -> None:
    with ours.app.connect() as conn:
        tenancy.refuse_unfiltered(conn, INSTITUTION)
        with pytest.raises(StoreRefused):
            tenancy.refuse_unfiltered(conn, OTHER)
    with database.app.connect() as conn, pytest.raises(StoreRefused) as refused:
        tenancy.refuse_unfiltered(conn, INSTITUTION)
    assert refused.value.code == "database.not_filtered"


def test_a_verifier_does_not_start_where_a_policy_was_dropped(own_database: Database) -> None:
    server, name = embedded_server(), str(own_database.app.url.database)
    with own_database.owner.begin() as conn:
        conn.execute(text("ALTER TABLE people DISABLE ROW LEVEL SECURITY"))
    with (
        open_embedded(joined(server), name, INSTITUTION) as opened,
        opened.app.connect() as conn,
        pytest.raises(StoreRefused, match="people"),
    ):
        tenancy.refuse_unfiltered(conn, INSTITUTION)
