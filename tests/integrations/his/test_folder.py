"""A watched folder: handed over whole, told by line, again harmless, and killed in between."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from integrations.his.client import HisClient
from integrations.his.folder import Watch
from tests.verifier.serving.hospital import Hospital, invent

from .conftest import Through

HEAD = "单号,证件号码,科室,起,止,更新时间\n"


def line(name: str, number: str = invent(1).number, version: int = 1) -> str:
    return f"{name},{number},内科,2026-03-01,2026-12-31,{version}\n"


@pytest.fixture
def watch(his: HisClient, tmp_path: Path) -> Watch:
    return Watch(tmp_path, his, settle_s=0)


def report_of(folder: Path, end: str) -> dict[str, Any]:
    (path,) = (folder / end).glob("*.report.json")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_a_good_file_goes_to_done_with_its_report(watch: Watch, hospital: Hospital) -> None:
    (watch.folder / "预约.csv").write_bytes((HEAD + line("A-1")).encode("gb18030"))
    (report,) = watch.look()
    assert (report.end, report.encoding, report.results) == ("done", "gb18030", {"created": 1})
    assert report_of(watch.folder, "done")["taken"] == 1
    assert not list(watch.folder.glob("*.csv"))
    assert hospital.count("expected_visits") == 1
    assert oct((watch.folder / "done").stat().st_mode)[-3:] == "700"


def test_bad_rows_are_told_and_the_good_ones_taken(watch: Watch, hospital: Hospital) -> None:
    text = HEAD + line("A-1") + line("A-2", "990101198001010010") + line("A 3") + line("A-4")
    (watch.folder / "appointments.csv").write_text(text.replace("A-4,", "A-4,,", 1), "utf-8")
    watch.look()
    report = report_of(watch.folder, "refused")
    assert [(one["line"], one["column"], one["code"]) for one in report["findings"]] == [
        (3, "证件号码", "his.number_malformed"),
        (4, "单号", "his.item_malformed"),
        (5, "证件号码", "csv.cell_missing"),
    ]
    assert hospital.count("expected_visits") == 1
    assert "9901" not in json.dumps(report), "nothing of a cell"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [("list.csv", HEAD, "csv.kind_unknown"), ("inpatients.csv", "a,b\n", "csv.column_missing")],
)
def test_a_file_that_says_nothing_is_refused_whole(
    watch: Watch, name: str, text: str, code: str
) -> None:
    (watch.folder / name).write_text(text, "utf-8")
    watch.look()
    assert report_of(watch.folder, "refused")["findings"][0]["code"] == code


def test_while_the_verifier_is_away_files_wait(watch: Watch, wire: Through) -> None:
    (watch.folder / "appointments.csv").write_text(HEAD + line("A-1"), "utf-8")
    wire.away = True
    assert watch.look() == []
    assert [path.name for path in watch.folder.glob("*.csv")] == ["appointments.csv"]
    wire.away = False
    assert [report.end for report in watch.look()] == ["done"]


def test_a_file_that_is_still_being_written_is_waited_for(his: HisClient, tmp_path: Path) -> None:
    watch, path = Watch(tmp_path, his, settle_s=5), tmp_path / "appointments.csv"
    path.write_text(HEAD, "utf-8")
    long_ago = time.time() - 60
    os.utime(path, (long_ago, long_ago))
    assert watch.look() == [], "not on the first sight"
    path.write_text(HEAD + line("A-1"), "utf-8")
    os.utime(path, (long_ago + 1, long_ago + 1))
    assert watch.look() == [], "it changed"
    assert [report.end for report in watch.look()] == ["done"]
    (tmp_path / ".appointments.csv").write_text(HEAD, "utf-8")
    (tmp_path / "appointments.csv.part").write_text(HEAD, "utf-8")
    assert (watch.look(), watch.look()) == ([], [])


def test_the_same_file_again_changes_nothing(watch: Watch) -> None:
    for results in ({"created": 1}, {"unchanged": 1}):
        (watch.folder / "appointments.csv").write_text(HEAD + line("A-1"), "utf-8")
        assert [report.results for report in watch.look()] == [results]
    assert len(list((watch.folder / "done").glob("*.csv"))) == 1


def test_files_that_were_taken_do_not_lie_there_for_ever(his: HisClient, tmp_path: Path) -> None:
    watch = Watch(tmp_path, his, settle_s=0, keep_days=7)
    (tmp_path / "appointments.csv").write_text(HEAD + line("A-1"), "utf-8")
    watch.look()
    for path in (tmp_path / "done").iterdir():
        week = time.time() - 8 * 86_400
        os.utime(path, (week, week))
    watch.look()
    assert list((tmp_path / "done").iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from integrations.his import folder
from verifier.protocol.his import ItemResult

class Feed:
    def put(self, kind, items):
        if sys.argv[2] == "answered":
            os.kill(os.getpid(), signal.SIGKILL)
        return [ItemResult(index=0, external_id="A-1", result="created")]

if sys.argv[2] == "reported":
    Path.replace_ = Path.replace
    def replace(self, target):
        if not self.name.startswith("."):
            os.kill(os.getpid(), signal.SIGKILL)
        return self.replace_(target)
    Path.replace = replace
folder.Watch(Path(sys.argv[1]), Feed(), settle_s=0).look()
"""


@pytest.mark.parametrize("when", ["answered", "reported"])
def test_killed_in_between_the_file_is_taken_by_the_next(
    watch: Watch, hospital: Hospital, when: str
) -> None:
    (watch.folder / "appointments.csv").write_text(HEAD + line("A-1"), "utf-8")
    command = [sys.executable, "-c", KILLED, str(watch.folder), when]
    ended = subprocess.run(command, check=False, timeout=60).returncode
    assert ended == -signal.SIGKILL
    assert [path.name for path in watch.folder.glob("*.csv")] == ["appointments.csv"]
    assert [report.results for report in watch.look()] == [{"created": 1}]
    assert report_of(watch.folder, "done")["taken"] == 1
    assert hospital.count("expected_visits") == 1
