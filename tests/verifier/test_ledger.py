"""The ledger: one canonical form, one leaf hash, nothing personal."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from verifier import ledger
from verifier.protocol.values import b64url
from verifier.store.schema import LedgerEntry

names = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts
bodies = st.dictionaries(
    names,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=4,
)


def test_the_leaf_is_the_hash_of_zero_and_the_canonical_entry() -> None:
    at = datetime(2025, 3, 1, 8, 0, 0, 123, tzinfo=UTC)
    leaf = ledger.leaf_hash("H1", "person.registered", at, {"person": "汉", "n": 1})
    entry = (
        '{"at":"2025-03-01T08:00:00.000123Z","body":{"n":1,"person":"汉"},'
        '"institution":"H1","kind":"person.registered"}'
    )
    assert leaf == b64url(hashlib.sha256(b"\0" + entry.encode()).digest())


def test_a_leaf_can_be_computed_again_from_the_stored_row(
    conn: Connection, institution: str
) -> None:
    body = {
        "person": "x" * 22,
        "count": 3,
        "odd": '"\\\n汉😀',
        "none": None,
        "list": [1, {"a": True}],
    }
    leaf = ledger.append(conn, institution, "test.event", body)
    row = conn.execute(select(LedgerEntry.__table__)).mappings().one()
    assert row["leaf"] == leaf
    assert ledger.leaf_hash(row["institution"], row["kind"], row["at"], row["body"]) == leaf


def test_entries_come_in_order(conn: Connection, institution: str) -> None:
    leaves = [ledger.append(conn, institution, "test.event", {"n": n}) for n in range(5)]
    stored = conn.scalars(select(LedgerEntry.leaf).order_by(LedgerEntry.seq)).all()
    assert list(stored) == leaves


@settings(deadline=None)
@given(bodies)
def test_any_body_has_one_form_whatever_its_order(body: dict[str, object]) -> None:
    turned = dict(reversed(list(body.items())))
    assert ledger.canonical(body) == ledger.canonical(turned)
    assert json.loads(ledger.canonical(body)) == body


def test_the_same_moment_in_another_zone_is_the_same_leaf() -> None:
    at = datetime(2025, 3, 1, 8, tzinfo=UTC)
    there = at.astimezone(timezone(timedelta(hours=8)))
    assert ledger.leaf_hash("H1", "a", at, {}) == ledger.leaf_hash("H1", "a", there, {})


@pytest.mark.parametrize(
    "body",
    [
        {"score": 0.5},
        {"at": datetime(2025, 1, 1, tzinfo=UTC)},
        {"raw": b"bytes"},
        {"big": 2**53},
        {"Name": 1},
        {"": 1},
        {"nul": "a\0b"},
        {"half": "\ud800"},
        {"inner": [{"x": {1: 2}}]},
    ],
)
def test_what_has_no_one_spelling_is_refused(
    conn: Connection, institution: str, body: dict[str, object]
) -> None:
    with pytest.raises(ledger.LedgerRefused):
        ledger.append(conn, institution, "test.event", body)


def test_a_commitment_says_nothing_without_its_salt() -> None:
    one, other = bytes(32), b"\1" * 32
    assert ledger.commitment(b"1234", one) == ledger.commitment(b"1234", one)
    assert ledger.commitment(b"1234", one) != ledger.commitment(b"1234", other)
    with pytest.raises(ledger.LedgerRefused):
        ledger.commitment(b"1234", b"short")
