"""A clerk hands a batch over in a real browser, follows it, and the pages keep their shape."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.app import mount
from enroll.batch import store
from enroll.batch.states import State
from tests.enroll.batches import moved, packed
from tests.enroll.conftest import PEOPLE, line_of, table_of
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.verifier.serving.staff import Member, member
from verifier.identity.galleries import Gallery
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

from .browser import SIZES, Screen, a_screen
from .test_batches import Started

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHUALIAN_SHOTS", "")


@pytest.fixture
def hospital(
    database: Database, keyring: KeyRing, gallery: Gallery, tmp_path: Path
) -> Iterator[Hospital]:
    """A hospital with a folder for batches."""
    with open_hospital(database, keyring, gallery, data=tmp_path / "d") as opened:
        mount(opened.http.app, opened.site)
        opened.http.app.state.batches = Started()
        yield opened


@pytest.fixture
def clerk(hospital: Hospital) -> Member:
    """An enrolment clerk."""
    return member(hospital, "g0001", Role.ENROLMENT_CLERK)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A table and a ZIP of more than one part."""
    table, photos = tmp_path / "people.csv", tmp_path / "photos.zip"
    rows = [line_of(person, f"{i}.jpg") for i, person in enumerate(PEOPLE)]
    rows[4] = line_of(PEOPLE[4], "absent.jpg")
    rows[5] = line_of(PEOPLE[5], "5.jpg", consent="")
    table.write_bytes(table_of(*rows).decode().encode("gb18030"))
    photos.write_bytes(packed([(f"{i}.jpg", os.urandom(1_500_000)) for i in range(7)]))
    return table, photos


def look_at(screen: Screen, name: str) -> None:
    """Both languages keep their shape; pictures where somebody wants to see them."""
    for language in ("en", "zh"):
        screen.speak(language)
        assert screen.wrong() == []
        if SHOTS:
            width = (screen.page.viewport_size or {"width": 0})["width"]
            screen.page.screenshot(path=f"{SHOTS}/{name}-{width}-{language}.png", full_page=True)


def finish_some(hospital: Hospital, batch: str) -> None:
    """What a process would have written down."""
    with hospital.database.app.begin() as conn:
        for line in (2, 3, 4, 5):
            store.finish(conn, batch, line, outcome="enrolled", quality=0.8, photos=1, at=now())
        store.finish(conn, batch, 6, outcome="refused", code="photo_not_found", at=now())


@pytest.mark.parametrize("size", SIZES)
def test_a_batch_is_handed_over_started_and_followed_to_its_end(
    chromium: str, hospital: Hospital, clerk: Member, files: tuple[Path, Path], size: str
) -> None:
    with a_screen(chromium, hospital, SIZES[size]) as screen:
        screen.sign_in(clerk)
        screen.open("/console/batches")
        look_at(screen, "list")
        screen.page.set_input_files("#table", files[0])
        screen.page.set_input_files("#photos", files[1])
        screen.page.click("#hand-over button")
        screen.page.wait_for_url("**/console/batches/*")
        assert "GB18030" in screen.page.inner_text("main")
        look_at(screen, "preview")
        batch = screen.page.url.rpartition("/")[2]
        screen.page.click("form[action$='/start'] button")
        screen.page.wait_for_selector("#batch[data-live=yes]")
        finish_some(hospital, batch)
        screen.page.wait_for_selector(".far[value='5']")
        look_at(screen, "running")
        with hospital.database.app.connect() as conn:
            found = store.find(conn, INSTITUTION, batch)
        moved(hospital.database, found, State.DONE)
        screen.page.wait_for_selector("a[href*='kind=xlsx']")
        screen.page.wait_for_selector("#batch[data-live='']")
        look_at(screen, "done")
        with screen.page.expect_download() as download:
            screen.page.click("a[href*='kind=csv']")
        assert "照片文件夹中没有该文件" in download.value.path().read_text("utf-8-sig")
        assert screen.complaints == []


def test_what_is_refused_is_said_beside_the_form(
    chromium: str, hospital: Hospital, clerk: Member, files: tuple[Path, Path]
) -> None:
    with a_screen(chromium, hospital) as screen:
        screen.sign_in(clerk)
        screen.open("/console/batches")
        screen.page.set_input_files("#table", files[0])
        screen.page.set_input_files("#photos", files[0])
        screen.page.click("#hand-over button")
        screen.page.wait_for_selector("#hand-over-trouble:not([hidden])")
        assert "ZIP" in screen.page.inner_text("#hand-over-trouble")
        look_at(screen, "refused")
