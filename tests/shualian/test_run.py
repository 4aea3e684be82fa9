"""`shualian run` as a newcomer types it: what appears, and what is in the rooms."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from integrations.his.day import WARDS, Said
from integrations.his.opinions import Opinion
from shualian.demo import clinic, morning, ward
from shualian.demo.process import free_port
from shualian.demo.staff import ICU
from tests.waiting import WAIT
from verifier.protocol.his import Kind
from verifier.protocol.values import now
from verifier.shifts.month import CHINA
from verifier.trust.accounts.roles import Role


@dataclass
class Running:
    """The demo hospital, and a browser that came in by the link on the screen."""

    said: str
    door: httpx.Client
    folder: Path

    def as_role(self, role: str) -> httpx.Client:
        """The staff's pages as this role."""
        page = self.door.get("/").text
        token = re.search(r'name="form" value="([^"]+)"', page)
        assert token is not None
        answer = self.door.post("/sign-in", data={"form": token[1], "role": role})
        assert answer.status_code == 303, answer.text
        address = re.match(r"http://127.0.0.1:\d+", answer.headers["location"])
        assert address is not None
        session = {"session": answer.cookies["session"]}
        return httpx.Client(base_url=address[0], cookies=session, timeout=30, trust_env=False)

    def lay(self, card: str) -> None:
        """A card on the enrolment desk's reader."""
        token = re.search(r'name="form" value="([^"]+)"', self.door.get("/").text)
        assert token is not None
        assert self.door.post("/card", data={"form": token[1], "card": card}).status_code == 303


def expected_ratings(running: Running) -> list[Opinion]:
    day, new = morning.of_today(running.folder / "demo" / "morning.json", now())
    assert not new
    return morning.said_of_late(day)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Started once, on ports of its own."""
    folder = tmp_path_factory.mktemp("run") / "data"
    ports = {name: str(free_port()) for name in ("verifier", "page", "door")}
    options = [part for name, port in ports.items() for part in (f"--{name}-port", port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "shualian", "run", *options],
        env={**os.environ, "SHUALIAN_DATA": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("Stop"):
            break
    link = re.search(r"http://127\.0\.0\.1:\d+/enter\?key=\S+", said)
    assert link is not None, said
    address = link[0].partition("/enter")[0]
    with httpx.Client(base_url=address, trust_env=False, timeout=WAIT) as door:
        assert door.get(link[0]).status_code == 303
        yield Running(said, door, folder)
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(60) == 0


@pytest.mark.xdist_group("demo_hospital")
class TestRun:
    def test_the_screen_says_where_to_look_and_nothing_failed(self, running: Running) -> None:
        for said in ("Terminal page   http://127.0.0.1:", "Staff's pages   http://127.0.0.1:"):
            assert said in running.said
        assert "was not played" not in running.said

    def test_the_counter_has_people_who_were_passed_on(self, running: Running) -> None:
        with running.as_role("counter") as counter:
            page = counter.get("/console/counter").text
        assert page.count("入院登记") >= 2
        assert "本人选择人工窗口" in page

    def test_the_his_said_who_is_expected(self, running: Running) -> None:
        with running.as_role("insurance_office") as office:
            page = office.get("/console/visits").text
        assert "数据更新于" in page
        assert len(re.findall(r"<strong[^>]*>[1-9]\d*</strong>|>[1-9]\d*<", page)) > 3

    def test_a_nurse_sees_ordinary_wards_alone(self, running: Running) -> None:
        with running.as_role("ward_nurse") as nurse:
            page = nurse.get("/console/ward").text
        shown = set(re.findall(r"<strong>(\d[AB])</strong>", page))
        assert shown
        assert shown <= set(WARDS) - {ICU}

    def test_the_nurse_finds_the_beds_whose_wristbands_the_door_shows(
        self, running: Running
    ) -> None:
        door = running.door.get("/").text
        with running.as_role("ward_nurse") as nurse:
            beds = nurse.get(f"/console/ward/beds?ward={ward.WARD}").text
        stays = ward.read(running.folder / "demo" / "ward.json")
        assert stays is not None
        for bed in ward.LYING:
            assert f"<code>{stays.wristband(bed)}</code>" in door
            assert f'<span class="bed">{bed}</span>' in beds
        assert f"<code>{clinic.NURSE_CODE}</code>" in door

    def test_todays_roster_goes_out_as_a_file(self, running: Running) -> None:
        month = f"{now().astimezone(CHINA):%Y-%m}"
        asked = {"department": clinic.DEPARTMENT, "month": month, "kind": "csv"}
        with running.as_role("scheduler") as scheduler:
            answer = scheduler.get("/console/roster/file", params=asked)
        assert answer.status_code == 200
        assert "急白" in answer.content.decode("utf-8-sig")

    def test_what_people_said_of_two_weeks_comes_in(self, running: Running) -> None:
        said = len([one for one in expected_ratings(running) if one.path == "/v1/ratings"])
        with running.as_role("insurance_office") as office:
            until = time.monotonic() + 60
            while time.monotonic() < until:  # handed in while somebody looks round already
                page = office.get("/console/ratings").text
                if f">{said}<" in page:
                    break
        assert f">{said}<" in page

    def test_a_card_on_the_desks_reader_reaches_the_clerks_page(self, running: Running) -> None:
        with running.as_role("enrolment_clerk") as clerk:
            page = clerk.get("/console/enrol").text
            desk = re.search(r'<option value="([^"]+)"[^>]*>demo front-desk', page)
            token = re.search(r'name="form_token" value="([^"]+)"', page)
            assert desk is not None
            assert token is not None
            running.lay("card-6")
            said = {"desk": desk[1], "form_token": token[1]}
            headers = {"sec-fetch-site": "same-origin"}
            until = time.monotonic() + 60
            while time.monotonic() < until:  # as the page itself asks, until a card was read
                answer = clerk.post("/console/enrol/card", data=said, headers=headers)
                if answer.json()["to"]:
                    break
            notice = clerk.get(answer.json()["to"]).text
        assert "人脸建档告知书" in notice
        assert "enrol-2026-11" in notice

    def test_the_secrets_stand_in_no_log(self, running: Running) -> None:
        page = running.door.get("/").text
        codes = re.findall(r"<code>([^<]+-demo)</code>", page)
        assert len(codes) == len(Role)
        key = running.said.partition("?key=")[2].split()[0]
        logs = "".join(path.read_text() for path in (running.folder / "logs").iterdir())
        assert key not in logs
        assert not [code for code in codes if code in running.said + logs]


def test_a_day_is_played_once_and_goes_on_until_it_is_over(tmp_path: Path) -> None:
    file, at = tmp_path / "morning.json", now()
    first, new = morning.of_today(file, at)
    assert new
    assert morning.of_today(file, at + timedelta(hours=1)) == (first, False)
    later, again = morning.of_today(file, at + morning.LASTS)
    assert again
    assert later != first


def test_a_day_is_laid_around_the_moment_so_that_there_is_something_at_any_hour() -> None:
    at = now()
    for hours in range(0, 24, 6):
        day = morning.Day(at + timedelta(hours=hours) - morning.BEGAN, 7 + hours)
        told = day.told()
        assert _valid(told, at + timedelta(hours=hours)) > 5
        assert any(said.at > at + timedelta(hours=hours) for said in told)
        assert len({card.number for card in morning.came(day)}) == morning.COME
        assert replace(day, seed=day.seed + 1).told() != told


def _valid(told: list[Said], at: datetime) -> int:
    """How many things that the HIS says hold at this moment."""
    spans = [said.item for said in told if "valid_to" in said.item]
    return sum(one["valid_from"] <= at.isoformat() <= one["valid_to"] for one in spans)


def test_who_lay_here_on_a_day_that_is_over_is_sent_home() -> None:
    at = now()
    told = morning.Day(at - morning.BEGAN, 7).told()
    home = ward.sent_home(told, at + morning.LASTS)
    lay = {said.item["external_id"] for said in told if said.kind is Kind.INPATIENTS}
    assert lay == {said.item["external_id"] for said in home}
    assert {said.item["state"] for said in home} == {"done"}
    last = {said.item["external_id"]: said.item["version"] for said in told}
    assert all(said.item["version"] > last[said.item["external_id"]] for said in home)
    assert not {said.item["person"]["number"] for said in told if said.kind is Kind.INPATIENTS} & (
        ward.NUMBERS
    ), "who has a bed of their own lies in no other"


def test_the_three_of_the_ward_stay_for_weeks_and_come_anew(tmp_path: Path) -> None:
    file, at = tmp_path / "ward.json", now()
    first = ward.at_start(file, at)
    assert {said.item["bed"] for said in first} == set(ward.LYING)
    assert ward.at_start(file, at + timedelta(days=2)) == first
    later = ward.at_start(file, at + ward.RENEWED)
    assert [said.item["state"] for said in later] == ["done"] * 3 + ["planned"] * 3
    names = {said.item["external_id"] for said in later}
    assert len(names) == 6, "a stay has its own wristband"
