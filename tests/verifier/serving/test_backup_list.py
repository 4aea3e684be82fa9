"""The list of what is gone, and the disk: what a restore must do again, by doing it."""

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from sqlalchemy import Connection, make_url, text

from verifier import cli_backup, cli_restore, cli_rights, ledger
from verifier.identity import erasure
from verifier.ledger.sealing import Sealer
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store import backup
from verifier.trust import clients, invitations, terminal_states, terminals
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import Role
from verifier.trust.clients import READ_RECEIPTS
from verifier.trust.erasures import FILE_NAME, ErasureList, Said
from verifier.trust.terminal_states import State

from ..fixtures import INSTITUTION
from .restoring import LI, WANG, ZHANG, Place, everything, refused, typed

# A list that is not whole


def test_a_list_that_was_cut_is_made_whole_from_the_database(place: Place) -> None:
    path = load().keys / FILE_NAME
    assert typed(cli_backup.app, place.copy).exit_code == 0
    for number, _ in (ZHANG, LI):
        assert typed(cli_rights.app, "erase", number, "--yes").exit_code == 0
    whole = path.read_bytes()
    for said, held in (("withdraw", b""), ("erase", whole.splitlines(keepends=True)[0])):
        path.write_bytes(held)
        yes = ("--yes",) if said == "erase" else ()
        assert typed(cli_rights.app, said, WANG[0], *yes).exit_code == 0
        assert path.read_bytes().startswith(whole)
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:1]))
    done = typed(cli_restore.app, place.copy, "--replace")
    assert done.exit_code == 0, done.stderr
    assert path.read_bytes().startswith(whole)
    assert place.name_of(LI[0]) is None


def elsewhere(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine: the ring was brought back, the database is empty. Its key folder."""
    monkeypatch.setenv("SHUALIAN_DATA", str(place.folder / "elsewhere"))
    place.ring.restore(load().keys)
    return load().keys


def test_on_another_machine_a_missing_or_older_list_is_refused_before_anything_is_loaded(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(cli_rights.app, "erase", ZHANG[0], "--yes").exit_code == 0
    assert typed(cli_backup.app, place.copy).exit_code == 0
    newer = (load().keys / FILE_NAME).read_bytes()
    keys = elsewhere(place, monkeypatch)
    refused(typed(cli_restore.app, place.copy), "erasures.missing")
    (keys / FILE_NAME).write_bytes(newer.splitlines(keepends=True)[0])
    refused(typed(cli_restore.app, place.copy), "erasures.shorter")
    (keys / FILE_NAME).write_bytes(newer)
    done = typed(cli_restore.app, place.copy)
    assert done.exit_code == 0, done.stderr
    assert (place.faces(), place.name_of(ZHANG[0])) == (2, None)


def test_a_list_that_is_lost_for_good_is_said_and_what_the_backup_knew_stays_erased(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(cli_rights.app, "erase", ZHANG[0], "--yes").exit_code == 0
    assert typed(cli_backup.app, place.copy).exit_code == 0
    keys = elsewhere(place, monkeypatch)
    done = typed(cli_restore.app, place.copy, "--without-list")
    assert done.exit_code == 0, done.stderr
    assert place.name_of(ZHANG[0]) is None
    assert len((keys / FILE_NAME).read_bytes().splitlines()) == 2


def test_a_checkpoint_that_was_carried_away_tells_a_list_that_lost_its_last_lines(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    older = (load().keys / FILE_NAME).read_bytes()
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    with place.opened() as database:
        sealer = Sealer(database.app, place.ring, INSTITUTION, now)
        sealer.seal()
    carried = place.folder / "checkpoint.jws"
    carried.write_text(sealer.newest or "")
    newer = (load().keys / FILE_NAME).read_bytes()
    keys = elsewhere(place, monkeypatch)
    (keys / FILE_NAME).write_bytes(older)
    refused(typed(cli_restore.app, place.copy, "--checkpoint", carried), "erasures.shorter")
    (keys / FILE_NAME).write_bytes(newer)
    done = typed(cli_restore.app, place.copy, "--checkpoint", carried)
    assert done.exit_code == 0, done.stderr
    assert (place.faces(), place.name_of(LI[0])) == (2, None)


def test_two_lists_of_one_ring_are_not_mixed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    other = load().keys / FILE_NAME
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    begun, *_ = other.read_bytes().splitlines(keepends=True)
    other.write_bytes(begun)
    kept = ErasureList.of(place.ring, INSTITUTION)
    assert kept is not None
    kept.add(Said("erased", place.ids[WANG[0]]), now())
    refused(typed(cli_rights.app, "withdraw", ZHANG[0]), "erasures.broken")
    assert place.faces() == 2


def test_a_consent_dated_a_little_ahead_and_withdrawn_at_once_stays_withdrawn(
    place: Place,
) -> None:
    with place.opened() as database, database.app.begin() as conn:
        conn.execute(text("UPDATE consents SET given_at = now() + interval '4 minutes'"))
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_rights.app, "withdraw", ZHANG[0]).exit_code == 0
    assert typed(cli_restore.app, place.copy, "--replace").exit_code == 0
    assert place.faces() == 2


# What was stopped since


def key() -> dict[str, Any]:
    """A public key of somebody's."""
    return OKPKey.generate_key("Ed25519").as_dict(private=False)


def states_of(conn: Connection, query: str) -> dict[str, str]:
    return {row[0]: row[1] for row in conn.execute(text(query))}


def test_what_was_stopped_since_a_backup_is_stopped_in_it_and_nobody_is_signed_in(
    place: Place,
) -> None:
    with place.opened() as database, database.app.begin() as conn:
        made = {
            name: terminals.register(conn, INSTITUTION, "门诊楼", name, key(), ["visit"])
            for name in ("stays", "revoked", "suspended", "rotated")
        }
        for client in ("his", "stays"):
            clients.register(conn, client, INSTITUTION, key(), [READ_RECEIPTS])
        staff = {
            name: accounts.create(conn, place.ring, INSTITUTION, name, now()).account
            for name in ("d0001", "d0002", "d0003", "d0004")
        }
        for account in staff.values():
            accounts.grant(conn, INSTITUTION, account, Role.COUNTER, now())
        conn.execute(text("UPDATE accounts SET state = 'active'"))
        invitations.invite(conn, place.ring, INSTITUTION, "门诊楼", "new", ["visit"])
    assert typed(cli_backup.app, place.copy).exit_code == 0
    with place.opened() as database, database.app.begin() as conn:
        terminal_states.change(conn, INSTITUTION, made["revoked"], State.REVOKED)
        terminal_states.change(conn, INSTITUTION, made["suspended"], State.SUSPENDED)
        ledger.append(conn, INSTITUTION, "terminal.key_rotated", {"terminal": made["rotated"]})
        clients.suspend(conn, "his", INSTITUTION)
        accounts.change_state(conn, INSTITUTION, staff["d0002"], "closed", staff["d0001"])
        accounts.renew(conn, place.ring, INSTITUTION, staff["d0003"], now())
        accounts.take_away(conn, INSTITUTION, staff["d0004"], Role.COUNTER, staff["d0001"])
    with place.opened() as database:
        Sealer(database.app, place.ring, INSTITUTION, now).seal()
    done = typed(cli_restore.app, place.copy, "--replace")
    assert done.exit_code == 0, done.stderr
    assert "stopped again: 7" in done.stdout
    with place.opened() as database, database.app.connect() as conn:
        states = {
            row[0]: row[1] for row in conn.execute(text("SELECT label, state FROM terminals"))
        }
        assert states == {
            "stays": "active",
            "revoked": "revoked",
            "suspended": "suspended",
            "rotated": "revoked",
        }
        found = states_of(conn, "SELECT id, state FROM clients")
        assert found == {"his": "suspended", "stays": "active"}
        logins = states_of(conn, "SELECT login, state FROM accounts")
        assert logins == {
            "d0001": "active",
            "d0002": "closed",
            "d0003": "suspended",
            "d0004": "active",
        }
        assert accounts.roles_of(conn, staff["d0004"]) == frozenset()
        for table in ("sessions", "account_codes", "terminal_invitations"):
            assert conn.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_a_stop_whose_line_alone_is_missing_in_the_database_is_not_done_twice(
    place: Place,
) -> None:
    """The process died after the line and before the commit; the terminal has a new key since."""
    with place.opened() as database, database.app.begin() as conn:
        name = terminals.register(conn, INSTITUTION, "门诊楼", "A", key(), ["visit"])
        leaf = ledger.append(conn, INSTITUTION, "terminal.key_rotated", {"terminal": name})
    kept = ErasureList.of(place.ring, INSTITUTION)
    assert kept is not None
    kept.add(Said("stopped", name, act="terminal.key_rotated", leaf=leaf), now())
    with place.opened() as database, database.app.begin() as conn:
        assert erasure.replay(conn, kept, None).stops == 0
        assert conn.scalar(text("SELECT state FROM terminals")) == "active"


# What the disk remembers


def test_after_an_erasure_no_file_of_the_server_holds_what_could_be_opened(place: Place) -> None:
    with place.opened() as database, database.app.connect() as conn:
        sealed = [
            bytes(value)
            for row in conn.execute(
                text(
                    "SELECT p.data_key_sealed, p.name_sealed, i.value_sealed, t.vector_sealed "
                    "FROM people p JOIN identifiers i ON i.person = p.id "
                    "JOIN templates t ON t.person = p.id WHERE p.id = :person"
                ),
                {"person": place.ids[LI[0]]},
            )
            for value in row
        ]
    assert len(sealed) == 4
    done = typed(cli_rights.app, "erase", LI[0], "--yes", "--scrub-later")
    assert done.exit_code == 0, done.output
    assert any(value in held for _, held in everything(place) for value in sealed), (
        "otherwise this test looks in the wrong place"
    )
    done = typed(cli_rights.app, "scrub")
    assert done.exit_code == 0, done.output
    assert "清除" in done.stdout
    for where, held in everything(place):
        assert not [value for value in sealed if value in held], where


def test_pg_dump_is_told_of_tls_and_not_of_the_password_on_its_command_line() -> None:
    url = make_url(
        "postgresql+psycopg://mover:secret@10.0.0.5:6000/db?sslmode=verify-full&sslrootcert=/ca.pem"
    )
    dbname, no_password = backup._where(url)
    assert dbname.startswith("--dbname=postgresql://mover@10.0.0.5:6000/db?")
    assert "sslmode=verify-full" in dbname
    assert "secret" not in dbname
    assert no_password == "--no-password"
