"""The sealed ledger against somebody with a superuser's SQL, and against somebody with the keys."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from verifier.ledger import append, entries, proving
from verifier.ledger.sealing import Sealer
from verifier.ledger.verifying import Report, verify
from verifier.protocol import merkle
from verifier.protocol.checkpoint import Checkpoint, CheckpointRefused, check
from verifier.protocol.values import from_b64url, now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .fixtures import INSTITUTION

OTHER = "H99010100002"


@pytest.fixture
def sealer(database: Database, keyring: KeyRing) -> Sealer:
    return Sealer(database.app, keyring, INSTITUTION, now)


def enter(database: Database, *numbers: int, institution: str = INSTITUTION) -> None:
    for number in numbers:
        with database.app.begin() as conn:
            append(conn, institution, "test.happened", {"number": number})


def public(keyring: KeyRing) -> Callable[[str], object]:
    return {keyring.checkpoint_key.kid or "": keyring.checkpoint_key}.get


def verified(database: Database, keyring: KeyRing, *given: str | None) -> Report:
    kept = [compact for compact in given if compact is not None]
    assert len(kept) == len(given)
    with database.app.connect() as conn:
        return verify(conn, INSTITUTION, public(keyring), kept)  # type: ignore[arg-type]


@pytest.fixture
def sealed(database: Database, sealer: Sealer) -> str:
    """Nine entries in three checkpoints; the newest one, as it was carried away."""
    for first in (0, 3, 6):
        enter(database, first, first + 1, first + 2)
        assert sealer.seal() == 3
    assert sealer.newest is not None
    return sealer.newest


def as_owner(database: Database, *statements: str) -> None:
    with database.owner.begin() as conn:
        for statement in statements:
            conn.execute(text(statement))


def seq_at(database: Database, position: int) -> int:
    with database.app.connect() as conn:
        return int(
            conn.scalar(
                text("SELECT seq FROM ledger_leaves WHERE position = :at"), {"at": position}
            )
            or 0
        )


def test_what_was_sealed_verifies_and_later_entries_wait(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    enter(database, 9)
    report = verified(database, keyring, sealed)
    assert report.ok
    assert (report.entries, report.proved, report.waiting) == (9, 9, 1)


def test_sealing_with_nothing_new_signs_nothing(sealer: Sealer, sealed: str) -> None:
    assert sealer.seal() == 0
    assert sealer.newest == sealed


def test_each_checkpoint_names_the_one_before_it(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    with database.app.connect() as conn:
        rows = conn.scalars(text("SELECT compact FROM checkpoints ORDER BY size")).all()
    found = [check(compact, public(keyring), INSTITUTION) for compact in rows]  # type: ignore[arg-type]
    assert [one.size for one in found] == [3, 6, 9]
    assert found[0].previous is None
    assert len({one.previous for one in found}) == 3
    assert rows[-1] == sealed


@pytest.mark.parametrize("position", [0, 4, 8])
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE ledger SET body = '{\"number\": 77}' WHERE seq = :seq", "entry.changed"),
        ("UPDATE ledger SET kind = 'test.never' WHERE seq = :seq", "entry.changed"),
        ("UPDATE ledger SET at = at + interval '1 second' WHERE seq = :seq", "entry.changed"),
        ("UPDATE ledger SET leaf = repeat('A', 43) WHERE seq = :seq", "entry.changed"),
        ("UPDATE ledger SET body = '{\"number\": 1.5}' WHERE seq = :seq", "entry.changed"),
        (f"UPDATE ledger SET institution = '{OTHER}' WHERE seq = :seq", "entry.moved"),
        ("DELETE FROM ledger WHERE seq = :seq", "entry.removed"),
    ],
)
def test_a_row_that_was_touched_is_named(
    database: Database, keyring: KeyRing, sealed: str, position: int, statement: str, code: str
) -> None:
    seq = seq_at(database, position)
    with database.owner.begin() as conn:
        conn.execute(text(statement), {"seq": seq})
    for report in (verified(database, keyring), verified(database, keyring, sealed)):
        assert report.first is not None
        assert (report.first.code, report.first.position, report.first.seq) == (code, position, seq)
        assert report.proved <= position


def test_two_rows_that_changed_places_are_found(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    one, two = seq_at(database, 2), seq_at(database, 5)
    as_owner(
        database,
        f"UPDATE ledger_leaves SET seq = -1 WHERE seq = {one}",
        f"UPDATE ledger_leaves SET seq = {one} WHERE seq = {two}",
        f"UPDATE ledger_leaves SET seq = {two} WHERE seq = -1",
    )
    report = verified(database, keyring, sealed)
    assert [one.position for one in report.findings] == [2, 5]


def test_a_row_and_its_place_that_are_both_gone_leave_an_empty_place(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    seq = seq_at(database, 4)
    as_owner(
        database,
        f"DELETE FROM ledger WHERE seq = {seq}",
        f"DELETE FROM ledger_leaves WHERE seq = {seq}",
    )
    report = verified(database, keyring, sealed)
    assert report.first is not None
    assert (report.first.code, report.first.words) == ("entry.moved", "place 4 is empty")


def rewrite(conn: Connection, seq: int) -> None:
    """Change an entry with all that follows from it, but for the signatures."""
    kind, at = conn.execute(text(f"SELECT kind, at FROM ledger WHERE seq = {seq}")).one()
    body = {"number": 99}
    leaf = entries.leaf_hash(INSTITUTION, kind, at, body)
    bound = {"body": json.dumps(body), "leaf": leaf}
    conn.execute(
        text(f"UPDATE ledger SET body = CAST(:body AS jsonb), leaf = :leaf WHERE seq = {seq}"),
        bound,
    )
    conn.execute(text(f"UPDATE ledger_leaves SET leaf = :leaf WHERE seq = {seq}"), bound)


def test_an_entry_changed_with_its_leaf_disagrees_with_the_root_that_covers_it(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    with database.owner.begin() as conn:
        rewrite(conn, seq_at(database, 4))
    report = verified(database, keyring, sealed)
    assert report.first is not None
    assert (report.first.code, report.first.position) == ("root.differs", 3)
    assert report.proved == 3


def test_history_that_was_signed_anew_with_the_real_key_is_found_by_a_checkpoint_kept_elsewhere(
    database: Database, keyring: KeyRing, sealer: Sealer
) -> None:
    enter(database, 0, 1, 2)
    sealer.seal()
    early = sealer.newest
    enter(database, 3, 4)
    sealer.seal()
    late = sealer.newest
    with database.owner.begin() as conn:
        rewrite(conn, seq_at(database, 3))
        conn.execute(text("DELETE FROM ledger_leaves"))
        conn.execute(text("DELETE FROM checkpoints"))
    Sealer(database.app, keyring, INSTITUTION, now).seal()
    assert verified(database, keyring).ok, "what stands in the database alone cannot tell"
    report = verified(database, keyring, early, late)
    assert not report.ok
    assert (report.first and report.first.position, report.proved) == (3, 3)


def test_a_history_that_was_cut_off_is_shorter_than_the_checkpoint(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    as_owner(
        database,
        "DELETE FROM ledger WHERE seq IN (SELECT seq FROM ledger_leaves WHERE position >= 6)",
        "DELETE FROM ledger_leaves WHERE position >= 6",
        "DELETE FROM checkpoints WHERE size > 6",
    )
    assert verified(database, keyring).ok
    report = verified(database, keyring, sealed)
    assert [finding.code for finding in report.findings] == ["ledger.shorter"]
    assert report.proved == 6


def test_an_entry_put_in_behind_the_seal_s_back_is_found(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    at = now() - timedelta(days=1)
    leaf = entries.leaf_hash(INSTITUTION, "test.happened", at, {})
    with database.owner.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO ledger (seq, institution, kind, at, body, leaf) "
                "OVERRIDING SYSTEM VALUE "
                "VALUES (0, :institution, 'test.happened', :at, '{}', :leaf)"
            ),
            {"institution": INSTITUTION, "at": at, "leaf": leaf},
        )
    report = verified(database, keyring, sealed)
    assert [(one.code, one.seq) for one in report.findings] == [("entry.added", 0)]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE checkpoints SET compact = compact || 'A' WHERE size = 6", "checkpoint.invalid"),
        ("DELETE FROM checkpoints WHERE size = 6", "checkpoint.unchained"),
        ("UPDATE checkpoints SET size = 7 WHERE size = 6", "checkpoint.unchained"),
    ],
)
def test_a_checkpoint_that_was_touched_is_found(
    database: Database, keyring: KeyRing, sealed: str, statement: str, code: str
) -> None:
    as_owner(database, statement)
    assert code in {finding.code for finding in verified(database, keyring, sealed).findings}


def test_a_checkpoint_of_another_key_or_institution_is_no_proof(
    database: Database, keyring: KeyRing, sealed: str
) -> None:
    stranger = KeyRing.new()
    with pytest.raises(CheckpointRefused), database.app.connect() as conn:
        verify(conn, INSTITUTION, public(stranger), [sealed])  # type: ignore[arg-type]
    with pytest.raises(CheckpointRefused), database.app.connect() as conn:
        verify(conn, OTHER, public(keyring), [sealed])  # type: ignore[arg-type]


def test_an_entry_that_commits_late_is_sealed_after_those_that_overtook_it(
    database: Database, keyring: KeyRing, sealer: Sealer
) -> None:
    with database.app.begin() as slow:
        append(slow, INSTITUTION, "test.slow", {})
        enter(database, 1, 2)
        assert sealer.seal() == 2
    assert sealer.seal() == 1
    report = verified(database, keyring, sealer.newest)
    assert (report.ok, report.entries) == (True, 3)


def test_institutions_have_trees_of_their_own(
    database: Database, keyring: KeyRing, sealer: Sealer
) -> None:
    enter(database, 1, institution=OTHER)
    enter(database, 2)
    assert sealer.seal() == 1
    assert Sealer(database.app, keyring, OTHER, now).seal() == 1
    assert verified(database, keyring, sealer.newest).entries == 1


def test_verifiers_that_seal_at_once_make_one_order(database: Database, keyring: KeyRing) -> None:
    sealers = [Sealer(database.app, keyring, INSTITUTION, now) for _ in range(3)]
    together = threading.Barrier(3)

    def work(own: Sealer, first: int) -> None:
        together.wait()
        for number in range(first, first + 5):
            enter(database, number)
            own.seal()

    threads = [threading.Thread(target=work, args=(own, 10 * at)) for at, own in enumerate(sealers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sealers[0].seal()
    report = verified(database, keyring, sealers[0].newest)
    assert (report.ok, report.entries, report.waiting) == (True, 15, 0)


def test_the_app_s_role_can_neither_change_nor_remove_what_is_sealed(
    database: Database, sealed: str
) -> None:
    for table in ("ledger", "ledger_leaves", "checkpoints"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET institution = 'X'"):
            with database.app.connect() as conn, pytest.raises(ProgrammingError, match="denied"):
                conn.execute(text(statement))


def test_a_proof_from_the_database_convinces_who_has_two_checkpoints(
    database: Database, keyring: KeyRing, sealer: Sealer
) -> None:
    seen: list[Checkpoint] = []
    for numbers in ((1, 2, 3), (4, 5, 6, 7)):
        enter(database, *numbers)
        sealer.seal()
        seen.append(check(sealer.newest or "", public(keyring), INSTITUTION))  # type: ignore[arg-type]
    with database.app.connect() as conn:
        proof = proving.consistency(conn, INSTITUTION, 3, 7)
        leaf = conn.scalar(text("SELECT leaf FROM ledger_leaves WHERE position = 5"))
        included = proving.inclusion(conn, INSTITUTION, str(leaf))
        assert proving.consistency(conn, INSTITUTION, 3, 8) is None
        assert proving.inclusion(conn, INSTITUTION, "A" * 43) is None
    roots = [from_b64url(one.root) for one in seen]
    steps = [from_b64url(step) for step in proof or []]
    assert merkle.is_consistent(3, roots[0], 7, roots[1], steps)
    assert included is not None
    path = [from_b64url(step) for step in included.proof]
    assert merkle.is_included(from_b64url(str(leaf)), 5, 7, path, roots[1])
    assert included.checkpoint == sealer.newest


def test_the_checkpoint_key_is_its_own_and_follows_from_the_master(tmp_path: Path) -> None:
    ring = KeyRing.load_or_create(tmp_path / "keys")
    again = KeyRing.load_or_create(tmp_path / "keys")
    assert ring.checkpoint_key.kid == again.checkpoint_key.kid
    assert ring.checkpoint_key.kid not in {ring.receipt_key.kid, ring.seal_key.kid}
    (key,) = ring.checkpoint_jwks()["keys"]
    assert "d" not in key
