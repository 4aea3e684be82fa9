"""Batches on the pages without a browser: who may, what is refused, what a page shows."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.app import mount
from enroll.batch import spool, store
from enroll.batch.spool import PART_BYTES
from enroll.batch.states import State
from tests.enroll.batches import moved, packed
from tests.enroll.conftest import PEOPLE, line_of, table_of
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.verifier.serving.staff import Member, member
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .desk import Desk, code, leads_to

BATCHES = "/console/batches"
TABLE = table_of(line_of(PEOPLE[0], "0.jpg"), line_of(PEOPLE[1], "absent.jpg"))
PHOTOS = packed([("0.jpg", b"a photo"), ("spare.jpg", b"of nobody")])


class Started:
    """Stands where processes are started; the job itself has tests with the real models."""

    def __init__(self) -> None:
        self.batches: list[str] = []

    def start(self, batch: str) -> None:
        """See `Launcher`."""
        self.batches.append(batch)


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, tmp_path: Path
) -> Iterator[Hospital]:
    """A hospital with a folder for batches."""
    with open_hospital(database, keyring, gallery, data=tmp_path) as opened:
        mount(opened.http.app, opened.site)
        opened.http.app.state.batches = Started()
        yield opened


@pytest.fixture
def somebody(hospital: Hospital) -> Member:
    """An enrolment clerk."""
    return member(hospital, "g0001", Role.ENROLMENT_CLERK)


@pytest.fixture
def clerk(hospital: Hospital, somebody: Member) -> Desk:
    """The clerk before the pages."""
    desk = Desk(hospital)
    desk.cookies["session"] = somebody.token
    return desk


def begin(clerk: Desk, table: int = len(TABLE), photos: int = len(PHOTOS)) -> httpx.Response:
    return clerk.post(BATCHES, BATCHES, table_bytes=str(table), photo_bytes=str(photos))


def send(clerk: Desk, batch: str, what: str, data: bytes, index: str = "0") -> httpx.Response:
    fields = {"what": what, "index": index, "form_token": clerk.token(BATCHES)}
    return clerk.send(f"{BATCHES}/{batch}/parts", fields, files={"part": ("part", data)})


def handed_over(clerk: Desk, table: bytes = TABLE, photos: bytes = PHOTOS) -> str:
    """A batch whose files have come."""
    batch = str(begin(clerk, len(table), len(photos)).json()["batch"])
    assert send(clerk, batch, "table", table).status_code == 204
    assert send(clerk, batch, "photos", photos).status_code == 204
    return batch


def act(clerk: Desk, batch: str, what: str) -> httpx.Response:
    return clerk.post(f"{BATCHES}/{batch}/{what}", BATCHES)


def state_of(hospital: Hospital, batch: str) -> str:
    with hospital.database.app.connect() as conn:
        return store.find(conn, INSTITUTION, batch).state


def test_a_batch_is_handed_over_looked_at_and_started(hospital: Hospital, clerk: Desk) -> None:
    batch = handed_over(clerk)
    assert leads_to(act(clerk, batch, "look")) == f"{BATCHES}/{batch}"
    page = clerk.get(f"{BATCHES}/{batch}").text
    for said in ("尚未登记任何人", "UTF-8", "开始登记 2 行", "<dd>1</dd>"):
        assert said in page
    assert PEOPLE[0].name not in page
    assert leads_to(act(clerk, batch, "start")) == f"{BATCHES}/{batch}"
    started: Any = hospital.http.app.state.batches
    assert started.batches == [batch]
    part = clerk.get(f"{BATCHES}/{batch}/progress").text
    assert "进行中" in part
    assert "<html" not in part
    assert "data-live" in part
    assert batch in clerk.get(BATCHES).text


def test_a_batch_is_paused_goes_on_and_is_cancelled_with_its_photos(
    hospital: Hospital, clerk: Desk, tmp_path: Path
) -> None:
    batch = handed_over(clerk)
    act(clerk, batch, "look")
    for what, state in (("start", "running"), ("pause", "paused"), ("start", "running")):
        act(clerk, batch, what)
        assert state_of(hospital, batch) == state
    assert spool.folder_of(tmp_path, batch).exists()
    act(clerk, batch, "cancel")
    assert not spool.folder_of(tmp_path, batch).exists()
    assert code(act(clerk, batch, "start")) == "batch.state"
    assert code(act(clerk, batch, "pause")) == "batch.state"


def test_taking_a_batch_back_asks_for_the_password(
    hospital: Hospital, clerk: Desk, somebody: Member
) -> None:
    batch = handed_over(clerk)
    act(clerk, batch, "look")
    act(clerk, batch, "start")
    with hospital.database.app.connect() as conn:
        moved(hospital.database, store.find(conn, INSTITUTION, batch), State.DONE)
    hospital.clock.ahead += timedelta(minutes=6)
    assert leads_to(act(clerk, batch, "undo")).startswith("/console/proof?back=")
    assert state_of(hospital, batch) == "done"
    assert somebody.prove().status_code == 200
    act(clerk, batch, "undo")
    assert state_of(hospital, batch) == "undoing"


@pytest.mark.parametrize(
    ("table", "photos", "said"),
    [
        (b"number,name\n1,2\n", PHOTOS, "batch.table_columns"),
        (TABLE, b"no zip", "batch.zip"),
        (TABLE, packed([("../0.jpg", b"x")]), "batch.zip_name"),
    ],
    # A ZIP holds the second of its making: as an id it would differ from worker to worker.
    ids=["columns", "no-zip", "climbing-name"],
)
def test_what_cannot_be_read_is_refused_and_not_kept(
    hospital: Hospital, clerk: Desk, tmp_path: Path, table: bytes, photos: bytes, said: str
) -> None:
    batch = handed_over(clerk, table, photos)
    assert code(act(clerk, batch, "look")) == said
    assert state_of(hospital, batch) == "cancelled"
    assert not spool.folder_of(tmp_path, batch).exists()


def test_a_broken_row_is_told_by_line_and_column_in_the_language_of_the_page(clerk: Desk) -> None:
    broken = table_of(line_of(PEOPLE[0], "0.jpg"), "1,2,3")
    said = act(clerk, handed_over(clerk, broken), "look").text
    assert "第 3 行：列数与首行不一致" in said
    lacks = act(clerk, handed_over(clerk, b"number,name,photo\n1,2,3\n"), "look").text
    assert "第 1 行，同意方式、告知版本、同意时间：首行缺少必要的列" in lacks
    clerk.cookies["language"] = "en"
    said = act(clerk, handed_over(clerk, broken), "look").text
    assert "Line 3: It has another number of fields" in said


def test_the_preview_names_line_column_and_reason_in_the_language_of_the_page(clerk: Desk) -> None:
    table = table_of(
        line_of(PEOPLE[0], "0.jpg"), line_of(PEOPLE[1], "0.jpg", consented_at="yesterday")
    )
    batch = handed_over(clerk, table)
    act(clerk, batch, "look")
    page = clerk.get(f"{BATCHES}/{batch}").text
    row = (
        r'<th scope="row">3</th><td data-label="列">同意时间</td><td data-label="原因">同意时间无法'
    )
    assert re.search(row, page)
    assert "2025-11" in page
    clerk.cookies["language"] = "en"
    page = clerk.get(f"{BATCHES}/{batch}").text
    assert "The time of the consent is unreadable" in page
    assert "同意时间无法" not in page


def test_sizes_and_parts_are_held_to_what_was_said(clerk: Desk) -> None:
    assert code(begin(clerk, table=store.MOST_TABLE + 1)) == "batch.too_large"
    assert code(begin(clerk, photos=store.MOST_PHOTOS + 1)) == "batch.too_large"
    assert code(begin(clerk, table=0)) == "batch.too_large"
    batch = str(begin(clerk).json()["batch"])
    assert code(send(clerk, batch, "photos", PHOTOS + b"x")) == "batch.part"
    assert code(send(clerk, batch, "photos", PHOTOS, index="1")) == "batch.part"
    assert code(send(clerk, batch, "photos", PHOTOS, index="-1")) == "form.malformed"
    assert code(send(clerk, batch, "photos", b"x" * (2 * PART_BYTES))) == "upload.too_large"
    assert code(act(clerk, batch, "look")) == "batch.incomplete"


def test_only_so_many_batches_hold_photos_at_once(clerk: Desk) -> None:
    for _ in range(store.MOST_AT_ONCE):
        assert begin(clerk).status_code == 201
    assert code(begin(clerk)) == "batch.full"


def test_a_form_of_another_site_or_without_its_token_changes_nothing(clerk: Desk) -> None:
    fields = {"table_bytes": "9", "photo_bytes": "9"}
    assert code(clerk.send(BATCHES, fields)) == "form.stale"
    token = {"form_token": clerk.token(BATCHES)}
    foreign = clerk.send(BATCHES, fields | token, {"sec-fetch-site": "cross-site"})
    assert code(foreign) == "form.stale"
    assert "还没有批次" in clerk.get(BATCHES).text


def test_a_batch_that_is_none_is_unknown_wherever_it_is_asked_for(clerk: Desk) -> None:
    for batch in ("a" * 22, "x"):
        assert clerk.get(f"{BATCHES}/{batch}").status_code == 404
        assert act(clerk, batch, "start").status_code == 404
    assert clerk.get(f"{BATCHES}/{'a' * 22}/report").status_code == 404


@pytest.mark.parametrize("role", [Role.COUNTER, Role.AUDITOR, Role.SYSTEM_ADMIN])
def test_nobody_else_may_open_a_batch(hospital: Hospital, clerk: Desk, role: Role) -> None:
    batch = handed_over(clerk)
    desk = Desk(hospital)
    desk.cookies["session"] = member(hospital, "g0009", role).token
    for path in (BATCHES, f"{BATCHES}/{batch}", f"{BATCHES}/{batch}/report"):
        assert code(desk.get(path)) == "account.forbidden"


def test_without_a_folder_nothing_is_taken_in(
    database: Database, keyring: KeyRing, gallery: Gallery
) -> None:
    with open_hospital(database, keyring, gallery) as opened:
        mount(opened.http.app, opened.site)
        desk = Desk(opened)
        desk.cookies["session"] = member(opened, "g0001", Role.ENROLMENT_CLERK).token
        assert "本机没有开通批量建档" in desk.get(BATCHES).text
        assert code(begin(desk)) == "batch.unavailable"


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_the_report_is_a_file_with_no_name_in_it(clerk: Desk, kind: str, begins: bytes) -> None:
    batch = handed_over(clerk)
    act(clerk, batch, "look")
    answer = clerk.get(f"{BATCHES}/{batch}/report?kind={kind}")
    assert answer.content.startswith(begins)
    assert "attachment" in answer.headers["content-disposition"]
    assert code(clerk.get(f"{BATCHES}/{batch}/report?kind=exe")) == "form.malformed"
