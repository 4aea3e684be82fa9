"""A batch at work: each row once, whatever stops it; and the way back."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from enroll.batch import report, running, spool, store
from enroll.batch.states import BatchRefused, State
from enroll.service import Enroller
from models.engine import FaceEngine
from tests.verifier.fixtures import dump
from verifier.identity import erasure, subject
from verifier.identity.galleries import Gallery
from verifier.identity.retention import BATCH_PHOTOS, BATCHED, Sweeper
from verifier.policy.models import Policy
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from .batches import Desk, moved
from .conftest import PEOPLE, line_of, table_of


@pytest.fixture
def desk(
    database: Database,
    keyring: KeyRing,
    gallery: Gallery,
    policy: Policy,
    enroller: Enroller,
    engine: FaceEngine,
    tmp_path: Path,
) -> Desk:
    """A clerk's batches."""
    return Desk(database, keyring, gallery, policy, enroller, engine, tmp_path / "data")


@pytest.fixture
def everybody(photo_bytes: list[bytes]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Six good rows with their photos."""
    table = table_of(*(line_of(person, f"{i}.jpg") for i, person in enumerate(PEOPLE)))
    return table, [(f"{i}.jpg", data) for i, data in enumerate(photo_bytes)]


Handed = tuple[bytes, list[tuple[str, bytes]]]


def test_a_batch_enrols_everybody_and_its_photos_are_gone(desk: Desk, everybody: Handed) -> None:
    batch = desk.batch(*everybody)
    assert desk.run(batch) is State.DONE
    assert desk.outcomes(batch) == ["enrolled"] * 6
    assert desk.count("templates") == 6
    assert not spool.folder_of(desk.data, batch.id).exists()
    with desk.database.app.connect() as conn:
        assert store.find(conn, batch.institution, batch.id).key_sealed is None
    assert desk.entries() == ["batch.created", "batch.ready", "batch.running", "batch.done"]


def test_a_batch_that_is_stopped_after_any_row_goes_on_where_it_stood(
    desk: Desk, everybody: Handed
) -> None:
    batch = desk.batch(*everybody)
    assert desk.run(batch, stop_after=2) is State.RUNNING
    assert desk.outcomes(batch) == ["enrolled"] * 2 + ["pending"] * 4
    assert desk.work(batch, stop_after=1) is State.RUNNING
    assert desk.work(batch) is State.DONE
    assert desk.outcomes(batch) == ["enrolled"] * 6
    assert desk.count("templates") == desk.count("people") == desk.count("consents") == 6


def test_a_row_that_cannot_be_written_down_enrols_nobody(
    desk: Desk, everybody: Handed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the process dies between the two: both are there, or neither."""
    batch = desk.batch(*everybody)
    wanted = store.finish

    def lost(conn: object, of: str, line: int, **said: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(store, "finish", lost)
    with pytest.raises(ConnectionError):
        desk.run(batch)
    assert desk.count("people") == desk.count("templates") == 0
    monkeypatch.setattr(store, "finish", wanted)
    assert desk.work(batch) is State.DONE
    assert desk.outcomes(batch) == ["enrolled"] * 6


def test_a_row_is_written_down_once(desk: Desk, everybody: Handed) -> None:
    batch = desk.batch(*everybody)
    desk.run(batch)
    with pytest.raises(BatchRefused, match="2"), desk.database.app.begin() as conn:
        store.finish(conn, batch.id, 2, outcome="refused")


def test_a_number_that_stood_in_a_row_before_the_stop_is_still_there_twice(
    desk: Desk, everybody: Handed
) -> None:
    again = table_of(line_of(PEOPLE[0], "0.jpg"), line_of(PEOPLE[0], "1.jpg"))
    batch = desk.batch(again, everybody[1])
    desk.run(batch, stop_after=1)
    desk.work(batch)
    assert desk.outcomes(batch) == ["enrolled", "number_twice"]


def test_somebody_elses_batch_at_work_is_left_alone(desk: Desk, everybody: Handed) -> None:
    batch = desk.batch(*everybody)
    moved(desk.database, batch, State.RUNNING)
    with running.alone(desk.database.app, batch.id) as mine:
        assert mine
        assert desk.work(batch) is State.RUNNING
    assert desk.outcomes(batch) == ["pending"] * 6
    assert desk.work(batch) is State.DONE


def test_a_paused_batch_stops_and_a_cancelled_one_has_no_photos(
    desk: Desk, everybody: Handed
) -> None:
    batch = desk.batch(*everybody)
    running_one = moved(desk.database, batch, State.RUNNING)
    moved(desk.database, running_one, State.PAUSED)
    assert desk.work(batch) is State.PAUSED
    assert desk.outcomes(batch) == ["pending"] * 6
    moved(desk.database, batch, State.CANCELLED)
    assert desk.tidy() == 1
    with pytest.raises(BatchRefused, match=r"cancelled to running"):
        moved(desk.database, batch, State.RUNNING)


def test_the_report_has_row_reason_and_score_and_nobodys_name(
    desk: Desk, everybody: Handed
) -> None:
    table = table_of(
        line_of(PEOPLE[0], "0.jpg"),
        line_of(PEOPLE[1], "absent.jpg"),
        line_of(PEOPLE[2], "2.jpg", consent="不同意"),
    )
    batch = desk.batch(table, everybody[1])
    desk.run(batch)
    with desk.database.app.connect() as conn:
        lines = store.lines(conn, batch)
        kept = dump(conn)
    said = report.write_csv(lines).decode("utf-8-sig").splitlines()
    assert len(said) == 4
    assert said[1].startswith("2,已登记 enrolled,,,,,0.")
    assert "照片 photo,照片文件夹中没有该文件。,There is no such file among the photos." in said[2]
    assert "同意方式 consent,本人不同意登记人脸" in said[3]
    assert "The person does not agree" in said[3]
    for person in PEOPLE[:3]:
        assert person.name not in "".join(said)
        assert person.number not in "".join(said)
        assert person.name.encode() not in kept
    assert report.write_xlsx(lines).startswith(b"PK")


def test_a_batch_taken_back_leaves_whoever_was_there_before_or_came_since(
    desk: Desk, everybody: Handed
) -> None:
    _, photos = everybody
    first = desk.batch(table_of(line_of(PEOPLE[0], "0.jpg")), photos)
    desk.run(first)
    later = line_of(PEOPLE[0], "0.jpg", consented_at="2025-11-20 08:00")
    others = [line_of(person, f"{i}.jpg") for i, person in enumerate(PEOPLE[1:4], 1)]
    batch = desk.batch(table_of(later, *others), photos)
    desk.run(batch)
    assert desk.outcomes(batch) == ["updated", "enrolled", "enrolled", "enrolled"]
    again = desk.batch(
        table_of(line_of(PEOPLE[1], "1.jpg", consented_at="2025-11-21 08:00")), photos
    )
    desk.run(again)
    moved(desk.database, batch, State.UNDOING)
    assert desk.work(batch) is State.UNDONE
    assert desk.outcomes(batch) == ["updated", "enrolled", "taken_back", "taken_back"]
    assert desk.count("templates") == 2
    with desk.database.app.connect() as conn:
        asked = "SELECT count(*) FROM ledger WHERE kind = 'consent.withdrawn'"
        assert conn.scalar(text(asked)) == 2


def test_what_a_person_has_in_a_batch_is_in_their_copy_and_goes_with_them(
    desk: Desk, everybody: Handed
) -> None:
    batch = desk.batch(*everybody)
    desk.run(batch)
    asked = text("SELECT person FROM enrol_batch_rows WHERE line = 2")
    with desk.database.app.begin() as conn:
        person = conn.scalar(asked)
        assert isinstance(person, str)
        copy = subject.export(conn, desk.keyring, desk.gallery.institution, person)
        assert [(each.batch, each.line) for each in copy.imported] == [(batch.id, 2)]
        erasure.erase(conn, desk.gallery, person)
        assert conn.scalar(asked) is None
    assert len(desk.outcomes(batch)) == 6


def test_a_batch_left_for_a_week_loses_its_key_and_after_its_life_its_rows(
    desk: Desk, everybody: Handed
) -> None:
    batch = desk.batch(*everybody)
    sweeper = Sweeper(desk.database.app, desk.gallery)
    sweeper.sweep(now() + BATCH_PHOTOS - timedelta(hours=1))
    assert desk.tidy() == 0
    sweeper.sweep(now() + BATCH_PHOTOS + timedelta(hours=1))
    with desk.database.app.connect() as conn:
        left = store.find(conn, batch.institution, batch.id)
    assert (left.state, left.key_sealed) == (State.EXPIRED, None)
    assert desk.tidy() == 1
    assert desk.count("enrol_batch_rows") == 6
    sweeper.sweep(now() + BATCHED + timedelta(hours=1))
    assert desk.count("enrol_batch_rows") == desk.count("enrol_batches") == 0


def test_a_batch_of_another_institution_is_unknown(desk: Desk, everybody: Handed) -> None:
    batch = desk.batch(*everybody)
    with (
        desk.database.app.connect() as conn,
        pytest.raises(BatchRefused, match=r"batch\.unknown"),
    ):
        store.find(conn, "H99010100002", batch.id)


def test_the_same_people_in_a_second_batch_stay_as_they_are(desk: Desk, everybody: Handed) -> None:
    first = desk.batch(*everybody)
    desk.run(first)
    second = desk.batch(*everybody)
    desk.run(second)
    assert desk.outcomes(second) == ["already_enrolled"] * 6
    assert desk.count("templates") == 6
