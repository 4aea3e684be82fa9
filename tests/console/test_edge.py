"""The edge in the DMZ, as a process of its own before a real verifier."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console.edge.allowance import Allowances
from console.edge.routes import ASSETS, CAPTURE, PASSED
from console.edge.settings import EdgeRefused, EdgeSettings
from console.registry import PAGES
from tests.kiosk.live_verifier import listening
from tests.verifier.serving.hospital import Hospital
from tests.waiting import WAIT
from verifier.api.limits import BodyLimits

from .edges import ROOT, Edge, an_edge, free_port


@pytest.fixture
def edge(hospital: Hospital, tmp_path: Path) -> Iterator[Edge]:
    with (
        listening(hospital.http.app) as port,
        an_edge(f"http://127.0.0.1:{port}", tmp_path / "edge") as made,
    ):
        yield made


def test_it_loads_no_database_and_nothing_of_the_verifier_but_its_protocol() -> None:
    script = (
        "import sys, console.edge.app, console.edge.cli\n"
        "bad = ('sqlalchemy', 'psycopg', 'alembic', 'fastapi', 'cv2', 'numpy')\n"
        "rooms = ('store', 'api', 'identity', 'decision', 'practice', 'ledger', 'matching')\n"
        "print([m for m in sys.modules if m.split('.')[0] in bad\n"
        "       or m.startswith(tuple(f'verifier.{r}' for r in rooms))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_whatever_the_page_loads_is_handed_out() -> None:
    asked, todo = set(), ["phone.mjs"]
    while todo:
        name = todo.pop()
        asked.add(name)
        text = (ROOT / "console/static" / name).read_text("utf-8")
        todo += set(re.findall(r'from "\./([a-z_]+\.mjs)"', text)) - asked
    assert {f"/console/static/{name}" for name in asked} <= set(ASSETS)


def test_it_shows_the_page_and_what_that_loads_in_both_languages(edge: Edge) -> None:
    with httpx.Client(base_url=edge.address, timeout=WAIT) as browser:
        assert "执业签到" in browser.get("/console/phone").text
        for path in ASSETS:
            assert browser.get(path).status_code == 200, path
        switched = browser.post("/console/language", data={"language": "en"})
        assert (switched.status_code, switched.headers["location"]) == (303, "/console/phone")
        page = browser.get("/console/phone")
        assert 'lang="en"' in page.text
        assert "camera=(self)" in page.headers["permissions-policy"]


def test_no_page_of_the_staff_and_no_other_route_is_there(edge: Edge) -> None:
    own = {"/console/phone", "/console/language"}
    paths = {page.path for page in PAGES} - own
    paths |= {"/v1/claims", "/v1/challenges", "/v1/accounts", "/metrics", "/docs", "/", "/healthz"}
    paths |= {"/console/static/roster.css", "/v1/practice/phone/../../claims", "/v1//claims"}
    with httpx.Client(base_url=edge.address, timeout=WAIT) as browser:
        for path in sorted(paths):
            for method in ("GET", "POST"):
                answer = browser.request(method, path)
                assert answer.status_code == 404, (method, path)
                assert answer.json()["code"] == "request.not_found"


def test_a_phone_s_requests_pass_with_the_verifier_s_own_answers(edge: Edge) -> None:
    with httpx.Client(base_url=edge.address, timeout=WAIT) as phone:
        for route in PASSED:
            answer = phone.request(route.method, route.path)
            assert answer.status_code not in (404, 405, 500, 503), route
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers


def test_bodies_are_limited_also_where_no_length_is_said(edge: Edge) -> None:
    assert BodyLimits().of("/v1/practice/phone/claims") == CAPTURE
    with httpx.Client(base_url=edge.address, timeout=WAIT) as phone:
        large = iter([b"x" * 40_000, b"x" * 40_000])
        answer = phone.post("/v1/practice/phone/check-ins", content=large)
        assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")


def test_with_the_verifier_away_a_phone_gets_a_typed_problem(tmp_path: Path) -> None:
    with an_edge(f"http://127.0.0.1:{free_port()}", tmp_path / "edge") as edge:
        answer = httpx.get(f"{edge.address}/v1/practice/phone/state", timeout=WAIT)
        assert (answer.status_code, answer.json()["code"]) == (503, "verifier.unavailable")
        assert answer.headers["content-type"] == "application/problem+json"


def test_killed_in_between_it_leaves_nothing_and_logged_nothing_personal(edge: Edge) -> None:
    headers = {"authorization": "Shualian secret-proof", "content-type": "application/jose"}
    url = f"{edge.address}/v1/practice/phone/claims?who=somebody"
    httpx.post(url, content=b"sealed-face" * 1000, headers=headers, timeout=WAIT)
    edge.process.kill()
    edge.process.wait(10)
    assert edge.files() == []
    log = edge.log.read_text()
    assert "/v1/practice/phone/claims" in log
    for word in ("sealed-face", "secret-proof", "somebody", "127.0.0.1"):
        assert word not in log


def test_one_address_makes_only_so_many_requests_and_more_after_a_while() -> None:
    now = [0.0]
    held = Allowances(2, lambda: now[0])
    assert [held.take("a") for _ in "123"] == [True, True, False]
    assert held.take("b")
    now[0] = 30.0
    assert [held.take("a") for _ in "12"] == [True, False]


@pytest.mark.parametrize(
    "said",
    [
        {"VERIFIER": "http://verifier.hospital"},
        {"VERIFIER": "ftp://127.0.0.1"},
        {"VERIFIER": ""},
        {"HOST": "0.0.0.0"},
    ],
)
def test_it_does_not_start_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    known = {"VERIFIER": "https://verifier.hospital", "HOSPITAL": "演示医院"}
    for name, value in (known | said).items():
        monkeypatch.setenv(f"SHUALIAN_EDGE_{name}", value)
    with pytest.raises(EdgeRefused) as refused:
        EdgeSettings.load()
    assert "verifier.hospital" not in str(refused.value)
