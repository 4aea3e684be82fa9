"""Back-up, erasure, restore: by doing them, and by looking for what must be gone."""

import base64
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
from joserfc.jwk import OKPKey
from sqlalchemy import Connection, make_url, text
from typer.testing import CliRunner, Result

from verifier import cli_backup, cli_restore, cli_rights, ledger
from verifier.api.compose import open_verifier
from verifier.identity import erasure, galleries, institutions, people, templates
from verifier.identity.errors import IdentityRefused
from verifier.ledger.sealing import Sealer
from verifier.ledger.verifying import verify
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store import backup
from verifier.store.database import Database, open_database
from verifier.store.embedded import binaries
from verifier.trust import clients, invitations, terminal_states, terminals
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import Role
from verifier.trust.clients import READ_RECEIPTS
from verifier.trust.erasures import FILE_NAME, ErasureList, ErasuresBroken, Said
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken
from verifier.trust.terminal_states import State

from ...seeking import any_of
from ..calibrated import calibration_with_floor
from ..fixtures import INSTITUTION, PACK, dump, register_somebody, unit_vectors
from .hospital import NOTICE, PatchEmbedder

ZHANG, LI, WANG = (
    ("990101198001010013", "张三丰"),
    ("990101198001010021", "李莫愁"),
    ("990101198001010048", "王重阳"),
)


def typed(app: typer.Typer, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def key() -> dict[str, Any]:
    """A public key of somebody's."""
    return OKPKey.generate_key("Ed25519").as_dict(private=False)


def refused(result: Result, code: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stderr.strip().endswith(f"[{code}]"), result.stderr


@dataclass
class Place:
    """A hospital's server on a folder of its own; three people are enrolled."""

    folder: Path
    ring: KeyRing
    ids: dict[str, str]

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    def opened(self) -> Database:
        return open_database(load())

    def faces(self) -> int:
        with self.opened() as database, database.app.connect() as conn:
            return int(conn.scalar(text("SELECT count(*) FROM templates")) or 0)

    def name_of(self, number: str) -> str | None:
        with self.opened() as database, database.app.connect() as conn:
            try:
                return people.name_of(conn, self.ring, self.ids[number])
            except IdentityRefused:
                return None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)
    ring = KeyRing.load_or_create(load().keys)
    made = Place(tmp_path, ring, {})
    with made.opened() as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            gallery = galleries.open_gallery(conn, ring, INSTITUTION, PACK)
            for (number, name), vector in zip((ZHANG, LI, WANG), unit_vectors(3), strict=True):
                one = register_somebody(conn, ring, INSTITUTION, number, name)
                said = (one.id, one.consent, vector[None], 0.9)
                templates.enrol(conn, ring, gallery, *said)
                made.ids[number] = one.id
    return made


def everything(place: Place, *, without_keys: bool = False) -> Iterator[tuple[str, bytes]]:
    """All tables, and all files under the folder: the database's own, keys, copies, logs."""
    with place.opened() as database, database.owner.connect() as conn:
        yield "tables", dump(conn)
    for path in place.folder.rglob("*"):
        if path.is_file() and not (without_keys and path.parent.name == "keys"):
            yield str(path), path.read_bytes()


def test_no_name_and_no_number_stands_anywhere_in_the_clear(place: Place) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_rights.app, "withdraw", ZHANG[0]).exit_code == 0
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    somebody = any_of(text for person in (ZHANG, LI, WANG) for text in person)
    for where, held in everything(place):
        assert not somebody.search(held), where


def test_a_backup_holds_no_key(place: Place) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    master = bytes(place.ring.master)
    secrets = {
        master,
        master.hex().encode(),
        base64.b64encode(master)[:-2],
        base64.urlsafe_b64encode(master)[:-2],
        str(place.ring.receipt_key.as_dict(private=True)["d"]).encode(),
        str(place.ring.seal_key.as_dict(private=True)["d"]).encode(),
    }
    files = list(place.copy.iterdir())
    assert {path.name for path in files} == {backup.DUMP, backup.MANIFEST}
    program = [str(binaries() / "pg_restore"), "--file=-", str(place.copy / backup.DUMP)]
    unpacked = subprocess.run(program, capture_output=True, check=True).stdout
    assert b"COPY public.people" in unpacked
    assert not any(secret in unpacked for secret in secrets), "the file itself is compressed"
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not any(secret in path.read_bytes() for secret in secrets)
    assert stat.S_IMODE(place.copy.stat().st_mode) == 0o700


def test_who_withdrew_or_was_erased_is_so_in_an_older_backup_that_is_restored(
    place: Place,
) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_rights.app, "withdraw", ZHANG[0]).exit_code == 0
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    assert (place.faces(), place.name_of(LI[0])) == (1, None)
    refused(typed(cli_restore.app, place.copy), "backup.not_empty")
    done = typed(cli_restore.app, place.copy, "--replace")
    assert done.exit_code == 0, done.output
    assert "erased again: 2" in done.stdout
    assert "list of erasures: 4 行" in done.stdout
    assert (place.faces(), place.name_of(ZHANG[0])) == (1, ZHANG[1])
    assert place.name_of(LI[0]) is None
    assert place.name_of(WANG[0]) == WANG[1]
    with place.opened() as database:
        Sealer(database.app, place.ring, INSTITUTION, now).seal()
        key = place.ring.checkpoint_key
        with database.app.connect() as conn:
            report = verify(conn, INSTITUTION, {key.kid or "": key}.get, keyring=place.ring)
    assert report.ok, report.findings


def test_a_verifier_does_erasures_again_before_it_answers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody restored by hand and forgot them."""
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_rights.app, "withdraw", ZHANG[0]).exit_code == 0
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    with place.opened() as database:
        backup.restore(database, place.copy, replace=True)
    assert place.faces() == 3
    pia = place.folder / "pia.pdf"
    pia.write_text("assessed")
    settings = load(mode="central", pia=pia, notice_version=NOTICE)
    floor = calibration_with_floor(1e-5, PACK.name)
    with open_verifier(settings, embedder=PatchEmbedder(), calibration=floor) as verifier:
        assert len(verifier.site.gallery) == 1
    assert place.name_of(LI[0]) is None


def test_a_consent_given_after_a_withdrawal_is_not_taken_back_by_it(place: Place) -> None:
    assert typed(cli_rights.app, "withdraw", ZHANG[0]).exit_code == 0
    with place.opened() as database, database.app.begin() as conn:
        gallery = galleries.open_gallery(conn, place.ring, INSTITUTION, PACK)
        again = register_somebody(conn, place.ring, INSTITUTION, *ZHANG)
        said = (again.id, again.consent, unit_vectors(1), 0.9)
        templates.enrol(conn, place.ring, gallery, *said)
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_restore.app, place.copy, "--replace").exit_code == 0
    assert place.faces() == 3


def test_a_backup_without_the_keys_shows_nobody(place: Place) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    stranger = KeyRing.new()
    with pytest.raises(backup.BackupRefused, match="not signed by this key ring"):
        backup.check(stranger, INSTITUTION, place.copy)
    with place.opened() as database:
        backup.restore(database, place.copy, replace=True)
        with database.app.connect() as conn:
            with pytest.raises(SealBroken):
                galleries.find_gallery(conn, stranger, INSTITUTION)
            assert (
                people.find_by_number(conn, stranger, INSTITUTION, "resident_id", ZHANG[0]) is None
            )


def test_a_broken_list_stops_a_restore_before_anything_is_replaced(place: Place) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_rights.app, "erase", LI[0], "--yes").exit_code == 0
    (load().keys / FILE_NAME).write_text("x.y.z\n")
    refused(typed(cli_restore.app, place.copy, "--replace"), "erasures.broken")
    assert (place.faces(), place.name_of(LI[0])) == (2, None)


@pytest.mark.parametrize("name", [backup.DUMP, backup.MANIFEST])
def test_a_backup_that_was_touched_is_refused_and_nothing_is_lost(place: Place, name: str) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    assert typed(cli_backup.app, place.copy, "--check").exit_code == 0
    held = bytearray((place.copy / name).read_bytes())
    held[len(held) // 2] ^= 1
    (place.copy / name).write_bytes(held)
    refused(typed(cli_backup.app, place.copy, "--check"), "backup.damaged")
    refused(typed(cli_restore.app, place.copy, "--replace"), "backup.damaged")
    assert place.faces() == 3


def test_what_is_no_backup_or_anothers_or_in_the_way_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(typed(cli_restore.app, place.folder / "nothing"), "backup.missing")
    assert typed(cli_backup.app, place.copy).exit_code == 0
    refused(typed(cli_backup.app, place.copy), "backup.exists")
    monkeypatch.setenv("SHUALIAN_INSTITUTION", "H99010100002")
    refused(typed(cli_restore.app, place.copy), "backup.other_institution")


def test_nothing_is_restored_under_somebody_who_uses_the_database(place: Place) -> None:
    assert typed(cli_backup.app, place.copy).exit_code == 0
    with place.opened() as database, database.app.begin() as conn:
        conn.execute(text("SELECT * FROM people FOR UPDATE"))
        refused(typed(cli_restore.app, place.copy, "--replace"), "backup.in_use")
    assert place.faces() == 3


# The list


def test_the_list_is_signed_chained_and_its_owners_alone(place: Place) -> None:
    for number, _ in (ZHANG, LI, WANG):
        assert typed(cli_rights.app, "erase", number, "--yes").exit_code == 0
    path = load().keys / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = ErasureList.of(place.ring, INSTITUTION)
    assert kept is not None
    assert [line.kind for line in kept.read()] == ["withdrawn", "erased"] * 3
    lines = path.read_bytes().splitlines(keepends=True)
    for broken, number in ((lines[1:], 1), (lines[:1] + lines[2:], 2), (lines[::-1], 1)):
        path.write_bytes(b"".join(broken))
        with pytest.raises(ErasuresBroken, match=f"line {number} "):
            kept.read()
    path.write_bytes(b"".join(lines) + b"cut sho")
    assert len(kept.read()) == 6, "what a crash cut short never counted"


def test_an_erasure_that_cannot_be_written_down_is_not_half_done(place: Place) -> None:
    path = load().keys / FILE_NAME
    path.mkdir()
    refused(typed(cli_rights.app, "erase", LI[0], "--yes"), "output.unwritable")
    assert (place.faces(), place.name_of(LI[0])) == (3, LI[1])
    path.rmdir()
    path.write_text("x.y.z\n")
    refused(typed(cli_rights.app, "erase", LI[0], "--yes"), "erasures.broken")
    assert (place.faces(), place.name_of(LI[0])) == (3, LI[1])


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
