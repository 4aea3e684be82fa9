"""The script in docs/his.md, against a running verifier of the demo hospital."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shualian.demo import clinic, practice_day
from shualian.demo.hospital import INSTITUTION
from tests.shualian.test_demo_visits import Place
from verifier.protocol.practice import CheckedIn
from verifier.protocol.values import now

pytestmark = pytest.mark.xdist_group("demo_visits")

PAGE = Path(__file__).parents[2] / "docs" / "his.md"


class Afternoon:
    """The demo hospital with a physician at work, and the page's script."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.world = self.place.world
        (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        self.key = folder / "demo" / "his.json"
        self.script = folder / "his.py"
        self.script.write_text(text, "utf-8")
        asyncio.run(asyncio.to_thread(practice_day.begin_anew, self.world))
        work = practice_day.visit(self.world, practice_day.ON_SHIFT, self.world.agent)
        answer = self.place.run(work).checked_in
        assert answer is not None
        self.checked_in: CheckedIn = answer

    def run(self, *arguments: str, verifier: str | None = None) -> Any:
        """What the script prints."""
        said = subprocess.run(
            [sys.executable, str(self.script), str(self.key), *arguments],
            env={**os.environ, "VERIFIER": verifier or self.world.hospital.verifier_url},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afternoon]:
    made = Afternoon(tmp_path_factory.mktemp("his"))
    yield made
    made.place.close()


CODE = practice_day.ON_SHIFT.code


def test_it_gets_a_yes_a_no_and_an_unknown(afternoon: Afternoon) -> None:
    assert afternoon.run("ask", CODE) == ["yes", []]
    before = (now() - timedelta(days=3)).isoformat()
    assert afternoon.run("ask", CODE, before) == ["no", ["practice.not_in"]]
    assert afternoon.run("ask", clinic.NOBODY) == ["unknown", ["practice.unknown"]]


def test_many_are_answered_in_their_order(afternoon: Afternoon) -> None:
    answers = afternoon.run("many", clinic.NOBODY, CODE)["answers"]
    assert [answer["active"] for answer in answers] == [False, True]


def test_the_changes_hold_the_window_and_go_on_from_their_cursor(afternoon: Afternoon) -> None:
    page = afternoon.run("changes")
    assert afternoon.checked_in.window in [change["window"] for change in page["changes"]]
    assert afternoon.run("changes", page["cursor"])["changes"] == []


def test_its_own_copy_answers_where_the_verifier_does_not(afternoon: Afternoon) -> None:
    names: dict[str, Any] = {"__name__": "his"}
    exec(afternoon.script.read_text("utf-8"), names)
    names["VERIFIER"] = "http://127.0.0.1:9"
    copy, at = afternoon.run("changes")["changes"], now().isoformat()
    assert names["ask"]("token", CODE, at, copy) == ("yes", ["own_copy"])
    assert names["ask"]("token", CODE, at) == ("unverified", ["no_answer"])
    early = (now() - timedelta(days=3)).isoformat()
    assert names["ask"]("token", CODE, early, copy) == ("unverified", ["no_answer"])


def test_a_declared_operation_lengthens_the_window(afternoon: Afternoon) -> None:
    until = afternoon.checked_in.until
    assert until is not None
    ends = until + timedelta(hours=1)
    said = (CODE, now().isoformat(), ends.isoformat(), "op-1")
    longer = afternoon.run("operation", *said)["until"]
    assert longer > until.isoformat()
    assert afternoon.run("operation", *said)["until"] == longer


def test_a_practice_receipt_is_checked_from_the_public_keys(afternoon: Afternoon) -> None:
    receipt = afternoon.checked_in.receipt
    assert receipt is not None
    said = afternoon.run("check", receipt)
    assert (said["code"], said["aud"], said["simulated"]) == (CODE, INSTITUTION, True)
    forged = receipt[:-8] + "AAAAAAAA"
    with pytest.raises(AssertionError, match="InvalidSignatureError"):
        afternoon.run("check", forged)


def test_the_page_is_no_longer_than_an_afternoon() -> None:
    assert len(PAGE.read_text("utf-8").splitlines()) <= 140
