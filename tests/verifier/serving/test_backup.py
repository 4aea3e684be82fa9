"""Back-up, erasure, restore: by doing them, and by looking for what must be gone."""

import base64
import stat
import subprocess

import pytest
from sqlalchemy import text

from verifier import cli_backup, cli_restore, cli_rights
from verifier.api.compose import open_verifier
from verifier.identity import galleries, people, templates
from verifier.ledger.sealing import Sealer
from verifier.ledger.verifying import verify
from verifier.protocol.values import now
from verifier.settings import load
from verifier.store import backup
from verifier.store.embedded import binaries
from verifier.trust.erasures import FILE_NAME, ErasureList, ErasuresBroken
from verifier.trust.keys import KeyRing
from verifier.trust.sealing import SealBroken

from ...seeking import any_of
from ..calibrated import calibration_with_floor
from ..fixtures import INSTITUTION, PACK, register_somebody, unit_vectors
from .hospital import NOTICE, PatchEmbedder
from .restoring import LI, WANG, ZHANG, Place, everything, refused, typed


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
