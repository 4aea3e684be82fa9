"""The demo's staff door: who may use it, and that the verifier lets its people in as any others."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from console.app import mount
from shualian.demo import clinic, staff
from shualian.demo.door import Door, create_app
from shualian.demo.door_words import NAMES
from tests.console.browser import Screen, whole
from tests.kiosk.browser import ARGUMENTS, LAPTOP, PHONE
from tests.kiosk.live_verifier import listening
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring
from tests.verifier.serving.hospital import Hospital, open_hospital
from tests.waiting import WAIT
from verifier.api.serve import listen
from verifier.identity.galleries import Gallery
from verifier.store.database import Database
from verifier.trust.accounts.roles import Role
from verifier.trust.keys import KeyRing

__all__ = ["database", "gallery", "institution", "keyring"]

KEY = "k" * 22


@dataclass
class Table:
    """Cards on no reader."""

    names: Sequence[tuple[str, str]] = (("card-0", "张甲"), ("card-1", "李乙"))
    lying: str = ""
    laid: list[str] = field(default_factory=list)

    def lay(self, person: str) -> None:
        self.lying = person
        self.laid.append(person)


@pytest.fixture
def hospital(database: Database, keyring: KeyRing, gallery: Gallery) -> Iterator[Hospital]:
    with database.app.begin() as conn:
        clinic.record_sites(conn, INSTITUTION)
    with open_hospital(database, keyring, gallery) as opened:
        mount(opened.http.app, opened.site)
        yield opened


@contextmanager
def a_door(hospital: Hospital, folder: Path) -> Iterator[Door]:
    """The door of this hospital, whose verifier listens."""
    members = staff.ensure(hospital.database, hospital.keyring, INSTITUTION, folder / "staff.json")
    with listening(hospital.http.app) as port:
        yield Door(f"http://127.0.0.1:{port}", members, Table(), KEY)


@contextmanager
def listening_door(door: Door) -> Iterator[str]:
    """The door at a port of its own; its address."""
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    config = uvicorn.Config(create_app(door, port), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


@contextmanager
def before(door: Door) -> Iterator[httpx.Client]:
    """Somebody's browser before this door, without a key yet."""
    with (
        listening_door(door) as address,
        httpx.Client(base_url=address, trust_env=False, timeout=WAIT) as client,
    ):
        yield client


@pytest.fixture
def shut() -> Iterator[tuple[Door, httpx.Client]]:
    """A door without staff, for those who do not come in."""
    door = Door("http://127.0.0.1:1", [], Table(), KEY)
    with before(door) as client:
        yield door, client


def test_without_the_key_of_this_start_there_is_nothing(shut: tuple[Door, httpx.Client]) -> None:
    _, client = shut
    for path in ("/", "/style/door.css", "/enter", "/enter?key=", f"/enter?key={KEY[:-1]}x"):
        assert client.get(path).status_code == 403, path
    for path in ("/sign-in", "/card"):
        assert client.post(path, data={"role": "counter"}).status_code == 403
    client.cookies.set("demo_door", "x")
    assert client.get("/").status_code == 403


def test_the_key_goes_out_of_the_address_into_a_cookie_that_no_script_reads(
    shut: tuple[Door, httpx.Client],
) -> None:
    _, client = shut
    answer = client.get(f"/enter?key={KEY}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    page = client.get("/")
    assert page.status_code == 200
    assert KEY not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"


def test_another_name_for_this_machine_leads_nowhere(shut: tuple[Door, httpx.Client]) -> None:
    _, client = shut
    client.get(f"/enter?key={KEY}")
    port = client.base_url.port
    for host in (f"localhost:{port}", f"evil.example:{port}", "127.0.0.1:1"):
        assert client.get("/", headers={"host": host}).status_code == 421
        answer = client.get(f"/enter?key={KEY}", headers={"host": host})
        assert answer.status_code == 403


def test_a_form_of_another_page_does_nothing(shut: tuple[Door, httpx.Client]) -> None:
    door, client = shut
    client.get(f"/enter?key={KEY}")
    own = {"form": door.form, "card": "card-1"}
    assert client.post("/card", data={"card": "card-1"}).status_code == 403
    cross = client.post("/card", data=own, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert client.post("/card", data=own | {"x": "x" * 2000}).status_code == 403
    assert client.post("/sign-in", data={"form": door.form, "role": "root"}).status_code == 403
    table = door.cards
    assert isinstance(table, Table)
    assert table.laid == []
    assert client.post("/card", data=own).status_code == 303
    assert table.laid == ["card-1"]
    assert 'aria-pressed="true"' in client.get("/").text


def test_every_role_is_let_in_by_the_verifier_as_itself(hospital: Hospital, tmp_path: Path) -> None:
    assert set(NAMES) == set(Role)
    with a_door(hospital, tmp_path) as door, before(door) as client:
        client.get(f"/enter?key={KEY}")
        for role in (Role.COUNTER, Role.AUDITOR, Role.SECURITY_ADMIN):
            answer = client.post("/sign-in", data={"form": door.form, "role": role})
            assert answer.status_code == 303
            found = re.search(
                r"session=([^;]+); HttpOnly; Path=/; SameSite=strict", answer.headers["set-cookie"]
            )
            assert found is not None
            told = httpx.get(
                f"{door.verifier}/v1/sessions/self",
                headers={"authorization": f"Session {found[1]}"},
                timeout=WAIT,
            ).json()
            assert told["roles"] == [role]


def test_a_wrong_telephone_opens_nothing(hospital: Hospital, tmp_path: Path) -> None:
    with a_door(hospital, tmp_path) as door:
        stolen = door.staff[1].secret
        door.staff = [
            staff.Member(door.staff[0].role, door.staff[0].login, door.staff[0].password, stolen)
        ]
        with before(door) as client:
            client.get(f"/enter?key={KEY}")
            answer = client.post("/sign-in", data={"form": door.form, "role": door.staff[0].role})
        assert answer.status_code == 409
        assert "account.sign_in_failed" in answer.text
        assert "set-cookie" not in answer.headers


def test_the_verifier_of_a_hospital_has_no_such_door(hospital: Hospital) -> None:
    paths = {getattr(route, "path", "") for route in hospital.http.app.routes}
    assert len(paths) > 50
    assert not {path for path in paths if "demo" in path or path.endswith(("/enter", "/door"))}


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_a_newcomer_is_in_the_staffs_pages_with_two_touches(
    chromium: str, hospital: Hospital, tmp_path: Path, size: tuple[int, int]
) -> None:
    with (
        a_door(hospital, tmp_path) as door,
        listening_door(door) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = whole(context.new_page())
        page.goto(f"{address}/enter?key={KEY}")
        assert page.url == f"{address}/"
        assert Screen(page, address, hospital).wrong() == []
        with context.expect_page() as opened:
            page.click("button[value=counter]")
        opened.value.wait_for_selector("form[action='/console/sign-out']")
        assert opened.value.url == f"{door.verifier}/console/counter"
        browser.close()
