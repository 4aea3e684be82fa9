"""The demo hospital is made once, and the second time nothing changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from models.engine import FaceEngine
from shualian.demo import hospital as hospitals
from shualian.demo.errors import KeptDataTooOld
from shualian.demo.hospital import INSTITUTION, NEIGHBOUR, PLAYER, SCREEN, Hospital
from shualian.demo.sample import INVENTED
from verifier.identity import institutions, people
from verifier.store.schema import ConsentRecord, Gallery, LedgerEntry, Person, Template
from verifier.store.schema import Terminal as TerminalRow

pytestmark = pytest.mark.xdist_group("demo_hospital")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hospital")


@pytest.fixture(scope="module")
def made(folder: Path, engine: FaceEngine) -> Iterator[Hospital]:
    with hospitals.open_hospital(folder, 18370) as opened:
        opened.establish(engine, (SCREEN, PLAYER, NEIGHBOUR))
        yield opened


def count(hospital: Hospital, table: type, **where: object) -> int:
    with hospital.database.app.connect() as conn:
        statement = select(func.count()).select_from(table).filter_by(**where)
        return int(conn.scalar(statement) or 0)


def test_it_is_a_demo_institution(made: Hospital) -> None:
    with made.database.app.connect() as conn:
        assert institutions.is_demo(conn, INSTITUTION)


def test_five_people_are_enrolled_under_a_consent_each_and_the_stranger_is_unknown(
    made: Hospital,
) -> None:
    assert count(made, Template, synthetic=False) == 5
    assert count(made, ConsentRecord, notice_version=hospitals.NOTICE_VERSION) == 5
    with made.database.app.connect() as conn:
        for invented in INVENTED:
            known = people.find_by_number(
                conn, made.keyring, INSTITUTION, "resident_id", invented.number
            )
            assert (known is not None) == invented.enrolled


def test_the_gallery_is_filled_with_two_thousand_marked_fillers(made: Hospital) -> None:
    assert count(made, Template, synthetic=True) == 2000
    assert count(made, Person, synthetic=True) == 2000


def test_making_it_again_writes_nothing(made: Hospital, engine: FaceEngine) -> None:
    before = [count(made, table) for table in (LedgerEntry, Person, Template, TerminalRow)]
    terminal = made.terminal(SCREEN).terminal
    made.establish(engine, (SCREEN, PLAYER, NEIGHBOUR))
    assert [count(made, t) for t in (LedgerEntry, Person, Template, TerminalRow)] == before
    assert made.terminal(SCREEN).terminal == terminal


def test_a_terminal_keeps_its_name_and_key_when_the_verifier_moves(
    made: Hospital, engine: FaceEngine
) -> None:
    before = made.terminal(PLAYER)
    with hospitals.open_hospital(made.folder, 18371) as moved:
        moved.establish(engine, (PLAYER,))
        after = moved.terminal(PLAYER)
        assert after.verifier_url == "http://127.0.0.1:18371"
        assert (after.terminal, after.public_jwk()) == (before.terminal, before.public_jwk())
        assert moved.terminal(SCREEN).verifier_url == "http://127.0.0.1:18370"


def test_data_kept_with_other_models_are_refused_with_what_to_do(
    made: Hospital, engine: FaceEngine
) -> None:
    def set_digest(digest: str) -> None:
        with made.database.app.begin() as conn:
            conn.execute(update(Gallery).values(pack_digest=digest))

    set_digest("B" * 43)
    try:
        with pytest.raises(KeptDataTooOld, match="make reset") as raised:
            made.establish(engine, (SCREEN,))
    finally:
        set_digest(engine.pack.digest)
    assert raised.value.code == "demo.kept_data_too_old"


def test_every_secret_of_the_folder_is_the_owners_alone(made: Hospital) -> None:
    secrets = [*made.folder.rglob("terminal.json"), made.folder / "demo" / "his.json"]
    assert len(secrets) == 4
    for path in secrets:
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_picture_no_name_and_no_number_stands_in_the_folder(made: Hospital) -> None:
    """Not in the tables' files, nor in PostgreSQL's log of writes."""
    said = [text.encode() for person in INVENTED for text in (person.name, person.number)]
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert any("pg_wal" in path.parts for path in files)
    for path in files:
        data = path.read_bytes()
        assert not [text for text in said if text in data], path
        assert b"\x89PNG\r\n" not in data, path
        assert not data.startswith(b"\xff\xd8\xff"), path
