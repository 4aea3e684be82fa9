"""Training: what is done in it is nowhere else, and its forms act nowhere else."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from codes.id_number import parse
from console.app import mount
from console.ground import LEFT_ALONE, Grounds
from console.training_ground import furnished
from enroll.application import CHINA
from tests.enroll.batches import packed
from tests.enroll.conftest import PEOPLE as OTHERS
from tests.enroll.conftest import line_of, table_of
from tests.verifier.serving.hospital import Hospital, invent, open_hospital
from tests.verifier.serving.staff import Member, member
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.store.metadata import Base
from verifier.training import switch
from verifier.training.invented import BY_KEY
from verifier.training.invented import PEOPLE as INVENTED
from verifier.training.store import TrainingStore, hold, wipe
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code, leads_to
from .enrolling import a_reader, lay_card

TRAINING, COUNTER, PEOPLE = "/console/training", "/console/counter", "/console/people"
ENROL, MERGES, BATCHES = "/console/enrol", "/console/merges", "/console/batches"
BAND = "这里的人都是虚构的，什么都不计入"
OWN = {"sessions", "ledger", "ledger_leaves", "checkpoints"}
"""A session says its mode, and the ledger when that changed; a background thread seals."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A hospital's folder of data; pytest's own are shut again by each new session of pytest."""
    with TemporaryDirectory(prefix="shualian-test-") as made:
        yield Path(made) / "d"


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, folder: Path
) -> Iterator[Hospital]:
    """A hospital with a folder, in which a ground can be opened."""
    with open_hospital(database, keyring, gallery, data=folder) as opened:
        mount(opened.http.app, opened.site)
        yield opened
        opened.http.app.state.grounds.close()


def at(hospital: Hospital, somebody: Member) -> Desk:
    """Somebody before the pages."""
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


@pytest.fixture
def somebody(hospital: Hospital) -> Member:
    """Who works at the counter."""
    return member(hospital, "g0001", Role.COUNTER)


@pytest.fixture
def clerk(hospital: Hospital, somebody: Member) -> Desk:
    """The same before the pages."""
    return at(hospital, somebody)


@pytest.fixture
def enroller(hospital: Hospital) -> Desk:
    """Who enrols."""
    return at(hospital, member(hospital, "e0001", Role.ENROLMENT_CLERK))


def everything(hospital: Hospital) -> dict[str, list[str]]:
    """Every row of the hospital's store."""
    with hospital.database.owner.connect() as conn:
        return {
            table.name: sorted(str(tuple(row)) for row in conn.execute(table.select()))
            for table in Base.metadata.sorted_tables
        }


def told(hospital: Hospital) -> list[str]:
    """Kinds of the entries of the hospital's ledger, in order."""
    with hospital.database.owner.connect() as conn:
        return list(conn.scalars(text("SELECT kind FROM ledger ORDER BY seq")))


def begin(desk: Desk) -> None:
    assert leads_to(desk.post(f"{TRAINING}/entered", TRAINING)) == TRAINING


def leave(desk: Desk) -> None:
    assert leads_to(desk.post(f"{TRAINING}/left", TRAINING)) == "/console"


def test_what_is_done_in_training_is_nowhere_in_the_hospitals_store(
    hospital: Hospital, clerk: Desk
) -> None:
    before, entries = everything(hospital), told(hospital)
    assert BAND not in clerk.get(COUNTER).text
    begin(clerk)
    page = clerk.get(COUNTER).text
    assert BAND in page
    assert "<title>【练习】" in page
    made = leads_to(clerk.post(f"{COUNTER}/emergency", COUNTER))
    assert BAND in clerk.get(made).text, "and on the wristband"
    leave(clerk)
    assert BAND not in clerk.get(COUNTER).text
    after = everything(hospital)
    assert {name for name in before if before[name] != after[name]} <= OWN
    assert told(hospital) == [*entries, "training.begun", "training.ended"]
    assert code(clerk.get(made)) == "counter.unknown", "nor does the page show it"
    assert BY_KEY["patient"].number not in clerk.get(COUNTER).text


def queue(desk: Desk) -> list[str]:
    """Items that wait at the counter."""
    return list(
        dict.fromkeys(re.findall(rf"{COUNTER}/items/([\w-]{{22}})", desk.get(COUNTER).text))
    )


def test_the_counter_the_files_and_a_merge_are_practised_and_no_row_of_the_hospital_changes(
    hospital: Hospital, clerk: Desk, enroller: Desk
) -> None:
    before = everything(hospital)
    for desk in (clerk, enroller):
        begin(desk)
    assert len(queue(clerk)) >= 4, "referrals wait"
    item = taken(clerk)
    patient = {"document": "resident_id", "number": BY_KEY["patient"].number, "seen": "yes"}
    assert leads_to(clerk.post(f"{item}/document", item, **patient)) == item
    wanted = {"kind": "resident_id", "number": BY_KEY["twin"].number}
    file = leads_to(enroller.post(PEOPLE, PEOPLE, **wanted))
    assert "赵" in enroller.get(file).text
    merge = re.search(r'name="merge" value="([^"]+)"', enroller.get(MERGES).text)
    assert merge is not None, "a colleague asked for one"
    said = {"merge": merge[1], "decision": "approve"}
    assert leads_to(enroller.post(MERGES, MERGES, **said)) == MERGES
    for desk in (clerk, enroller):
        leave(desk)
    after = everything(hospital)
    assert {name for name in before if before[name] != after[name]} <= OWN
    assert len(hospital.site.gallery) == 0, "nor is anybody searched for"


def test_a_form_of_one_mode_is_refused_in_the_other(hospital: Hospital, clerk: Desk) -> None:
    real = clerk.token(COUNTER)
    begin(clerk)
    practised = clerk.token(COUNTER)
    before = len(queue(clerk))
    stale = clerk.send(f"{COUNTER}/emergency", {"form_token": real})
    assert (stale.status_code, code(stale)) == (409, "form.other_mode")
    assert len(queue(clerk)) == before, "nothing was done"
    leave(clerk)
    stale = clerk.send(f"{COUNTER}/emergency", {"form_token": practised})
    assert (stale.status_code, code(stale)) == (409, "form.other_mode")
    assert queue(clerk) == []
    assert code(clerk.send(f"{COUNTER}/emergency", {"form_token": "x" * 43})) == "form.stale"


def test_the_way_back_works_from_a_page_of_either_mode(clerk: Desk) -> None:
    real = clerk.token(COUNTER)
    begin(clerk)
    assert leads_to(clerk.send(f"{TRAINING}/left", {"form_token": real})) == "/console"
    assert BAND not in clerk.get(COUNTER).text


def test_no_real_number_enters_training_and_no_invented_one_real_work(enroller: Desk) -> None:
    real = {"kind": "resident_id", "number": "11010519491231002X"}
    invented = {"kind": "resident_id", "number": BY_KEY["new"].number}
    assert code(enroller.post(PEOPLE, PEOPLE, **invented)) == "training.invented_number"
    begin(enroller)
    assert code(enroller.post(PEOPLE, PEOPLE, **real)) == "training.real_number"


def taken(desk: Desk) -> str:
    """One visit at the counter, taken by this clerk."""
    item = f"{COUNTER}/items/{queue(desk)[0]}"
    assert leads_to(desk.post(f"{item}/taken", COUNTER)) == item
    return item


def test_a_real_card_stays_with_real_work_and_an_invented_one_is_laid_on_a_reader_of_practice(
    hospital: Hospital, clerk: Desk
) -> None:
    reader = a_reader(hospital)
    lay_card(reader, invent(1).number, "张三")
    begin(clerk)
    item = taken(clerk)
    assert "1号窗口" not in clerk.get(item).text, "a real reader is not offered"
    (practised,) = set(re.findall(r'<option value="([\w-]{22})"', clerk.get(item).text))
    read = {"way": "reading", "document": "resident_id", "seen": "yes"}
    for desk in (reader.id, practised):
        assert clerk.post(f"{item}/document", item, desk=desk, **read).status_code != 303
    assert len(hospital.site.readings) == 1, "it still waits for real work"
    leads_to(clerk.post(f"{TRAINING}/laid", TRAINING, person="patient"))
    assert len(hospital.site.readings) == 1
    assert leads_to(clerk.post(f"{item}/document", item, desk=practised, **read)) == item
    leave(clerk)
    outside = clerk.post(f"{TRAINING}/laid", TRAINING, person="patient")
    assert code(outside) == "training.outside"


def test_pages_that_do_not_take_part_and_the_interface_are_shut_in_training(
    hospital: Hospital,
) -> None:
    office = member(hospital, "i0001", Role.AUDITOR)
    desk = at(hospital, office)
    begin(desk)
    for path in ("/console/watch", "/console/figures"):
        assert code(desk.get(path)) == "training.not_here"
        assert f'href="{path}"' not in desk.get(TRAINING).text
    assert office.refused("GET", "/v1/ledger/entries") == "account.in_training"
    leave(desk)
    assert desk.get("/console/watch").status_code == 200


def test_the_offline_page_is_of_real_work_alone(clerk: Desk) -> None:
    offline, downtime = "/console/counter/downtime/page", "/console/counter/downtime"
    assert offline in clerk.get(downtime).text
    begin(clerk)
    assert offline not in clerk.get(downtime).text
    assert code(clerk.get(offline)) == "training.not_here", "its key would go with the day"
    leave(clerk)
    assert clerk.get(offline).status_code == 200


def test_a_reset_is_a_beginning_for_everybody_and_a_new_gallery(
    hospital: Hospital, clerk: Desk, enroller: Desk
) -> None:
    before = everything(hospital)
    begin(clerk)
    begin(enroller)
    made = leads_to(clerk.post(f"{COUNTER}/emergency", COUNTER))
    assert leads_to(enroller.post(f"{TRAINING}/reset", TRAINING)) == TRAINING
    assert code(clerk.get(made)) == "counter.unknown"
    assert len(queue(clerk)) >= 4, "what was planted is there again"
    after = everything(hospital)
    assert {name for name in before if before[name] != after[name]} <= OWN


def test_who_was_underway_while_another_reset_is_told_so(
    hospital: Hospital,
    somebody: Member,
    clerk: Desk,
    enroller: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(clerk)
    begin(enroller)
    grounds = hospital.http.app.state.grounds
    who = hospital.site.doors.of_token(somebody.token, hospital.clock())
    assert who is not None
    before = grounds.known(who)
    assert leads_to(enroller.post(f"{TRAINING}/reset", TRAINING)) == TRAINING
    assert not grounds.has(before)
    assert clerk.get(COUNTER).status_code == 200
    # A request that was let in a moment before the reset: it stands on the ground that is gone.
    monkeypatch.setattr(grounds, "known", lambda who: before)
    assert code(clerk.get(COUNTER)) == "training.begun_anew"


def test_of_two_verifiers_on_one_folder_the_first_has_the_ground(
    hospital: Hospital, clerk: Desk, folder: Path
) -> None:
    first = hospital.http.app.state.grounds
    second, third = (Grounds(hospital.site, furnished, "示范医院") for _ in range(2))
    first.start()
    begin(clerk)
    second.start()
    assert first.available
    assert not second.available
    assert (folder / "training" / "cluster").is_dir(), "not wiped under who practises"
    second.close()
    first.close()
    third.start()
    assert third.available
    third.close()


def test_where_nothing_can_be_written_nobody_practises_and_the_verifier_starts(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").write_text("a file, and no folder")
    assert hold(tmp_path / "data" / "training") is None


def test_nothing_is_left_on_the_disk_when_the_day_is_over(
    hospital: Hospital, clerk: Desk, folder: Path
) -> None:
    begin(clerk)
    kept, grounds = folder / "training", hospital.http.app.state.grounds
    assert (kept / "cluster").is_dir()
    assert not grounds.tidy()
    hospital.clock.ahead += LEFT_ALONE + timedelta(minutes=1)
    assert grounds.tidy()
    assert not kept.exists()
    assert not grounds.open


def test_the_day_ends_the_ground_though_somebody_is_in_it(
    hospital: Hospital, clerk: Desk, folder: Path
) -> None:
    begin(clerk)
    grounds = hospital.http.app.state.grounds
    today = hospital.clock().astimezone(CHINA)
    midnight = (today + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    hospital.clock.ahead += midnight - today + timedelta(seconds=1)
    grounds._ground.used_at = hospital.clock()
    assert grounds.tidy()
    assert not (folder / "training").exists()


def test_what_a_crash_left_is_wiped_at_the_next_start(folder: Path) -> None:
    left = folder / "training"
    with TrainingStore(left, "H99010100001") as store:
        assert store.institution.startswith("TRAINING-")
        store.data.mkdir()
        (store.data / "photo").write_bytes(b"sealed")
        store.empty()
        assert not store.data.exists(), "a reset removes what batches hold, too"
    (left / "cluster").mkdir(parents=True)
    (left / "cluster" / "PG_VERSION").write_text("18")
    wipe(left)
    assert not left.exists(), "also what no server starts from"


def test_the_administrator_stops_training_for_one_hospital_alone(
    hospital: Hospital, clerk: Desk, folder: Path
) -> None:
    admin = at(hospital, member(hospital, "a0001", Role.HOSPITAL_ADMIN))
    begin(clerk)
    forbidden = clerk.post(f"{TRAINING}/switched", TRAINING, on="no")
    assert code(forbidden) == "account.forbidden"
    other = """INSERT INTO institutions (code, name, demo, created_at)
        VALUES ('H99990199999', '别院', true, now())"""
    with hospital.database.owner.begin() as conn:
        conn.execute(text(other))
    leads_to(admin.post(f"{TRAINING}/switched", TRAINING, on="no"))
    assert not (folder / "training").exists(), "and what was there is erased"
    assert BAND not in clerk.get(COUNTER).text, "whoever practised is back"
    assert code(clerk.post(f"{TRAINING}/entered", COUNTER)) == "training.off"
    with hospital.database.app.connect() as conn:
        assert not switch.is_on(conn, hospital.site.parts.institution)
        assert switch.is_on(conn, "H99990199999")
    leads_to(admin.post(f"{TRAINING}/switched", TRAINING, on="yes"))
    begin(clerk)


def test_whoever_has_no_room_to_practise_cannot_enter(hospital: Hospital) -> None:
    admin = at(hospital, member(hospital, "a0001", Role.HOSPITAL_ADMIN))
    assert code(admin.post(f"{TRAINING}/entered", TRAINING)) == "training.no_room"


def handed_over(desk: Desk, table: bytes, photos: bytes) -> str:
    """A batch whose files have come."""
    sizes = {"table_bytes": str(len(table)), "photo_bytes": str(len(photos))}
    batch = f"{BATCHES}/{desk.post(BATCHES, BATCHES, **sizes).json()['batch']}"
    for what, data in (("table", table), ("photos", photos)):
        said = {"what": what, "index": "0", "form_token": desk.token(BATCHES)}
        assert desk.send(f"{batch}/parts", said, files={"part": ("p", data)}).status_code == 204
    return batch


def test_a_table_with_a_number_of_the_other_mode_is_dropped_with_its_photos(
    hospital: Hospital, enroller: Desk, folder: Path
) -> None:
    begin(enroller)
    real = replace(OTHERS[0], number="11010519491231002X")
    photos = packed([("0.jpg", b"a photo")])
    batch = handed_over(enroller, table_of(line_of(real, "0.jpg")), photos)
    assert code(enroller.post(f"{batch}/look", BATCHES)) == "training.real_number"
    assert not list((folder / "training" / "data").rglob("*.part"))
    table = enroller.get(f"{TRAINING}/files/table.csv").content
    leave(enroller)
    batch = handed_over(enroller, table, photos)
    assert code(enroller.post(f"{batch}/look", BATCHES)) == "training.invented_number"


def test_the_planted_people_can_be_nobody() -> None:
    assert len({person.number for person in INVENTED}) == len(INVENTED)
    for person in INVENTED:
        assert parse(person.number).number == person.number, "its check character is right"
        assert person.number.startswith("99")
        assert person.name[1] == "练"
