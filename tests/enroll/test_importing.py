"""Importing a table: each row by itself, nothing lost when it stops, nothing kept of the photos."""

import csv
import io
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from codes.id_number import check_digit
from enroll.errors import EnrollRefused
from enroll.importing import Import, RowResult, counted
from enroll.report import report_text, write_report
from enroll.samples import LeftOut
from enroll.table import Row, parse_table
from models.engine import FaceEngine
from tests.verifier.fixtures import dump
from verifier.store.database import Database
from verifier.store.embedded import EmbeddedServer

from .conftest import PEOPLE, Invented, born, line_of, table_of

REPOSITORY = Path(__file__).parents[2]


def rows_of(*lines: str) -> tuple[Row, ...]:
    """Parsed rows."""
    return parse_table(table_of(*lines)).rows


def everybody() -> tuple[Row, ...]:
    """Six good rows."""
    return rows_of(*(line_of(person, f"{index}.jpg") for index, person in enumerate(PEOPLE)))


def outcomes(results: list[RowResult]) -> list[str]:
    """What became of each row, in short."""
    return [result.code or result.outcome for result in results]


def test_everybody_in_a_good_table_is_enrolled_once(importing: Import) -> None:
    assert outcomes(list(importing.run(everybody()))) == ["enrolled"] * 6
    again = list(importing.run(everybody()))
    assert outcomes(again) == ["already_enrolled"] * 6
    assert [result.photos_used for result in again] == [0] * 6


def test_a_refused_row_says_why_and_the_others_go_on(importing: Import, photos: Path) -> None:
    (photos / "text.jpg").write_text("no picture")
    rows = rows_of(
        line_of(PEOPLE[0], "0.jpg"),
        line_of(PEOPLE[1], "text.jpg"),
        line_of(PEOPLE[2], "absent.jpg"),
        line_of(PEOPLE[3], "../secret.jpg"),
        line_of(PEOPLE[4], "4.jpg", consent=""),
        line_of(PEOPLE[5], "0.jpg"),
        line_of(PEOPLE[0], "0.jpg"),
        line_of(PEOPLE[5], "5.jpg", notice_version="1999-01"),
        line_of(PEOPLE[3], "3.jpg", number="123"),
        line_of(Invented(born("19700101"), "吴庚"), ""),
    )
    results = list(importing.run(rows))
    assert outcomes(results) == [
        "enrolled",
        "image.format",
        "photo_not_found",
        "photo_outside",
        "consent_missing",
        "looks_like_another",
        "number_twice",
        "notice_unknown",
        "id_number.length",
        "photo_missing",
    ]
    assert [result.line for result in results] == list(range(2, 12))
    assert all(result.detail for result in results[1:])
    assert "张*" in (results[5].detail or "")


def test_several_photos_make_one_template_and_the_unusable_are_named(
    importing: Import, photos: Path, photo_bytes: list[bytes]
) -> None:
    (photos / "again.jpg").write_bytes(photo_bytes[0])
    (photos / "text.jpg").write_text("no picture")
    [result] = importing.run(rows_of(line_of(PEOPLE[0], "0.jpg;again.jpg;text.jpg;absent.jpg")))
    assert (result.outcome, result.photos_used) == ("enrolled", 2)
    assert result.left_out == (
        LeftOut("absent.jpg", "photo_not_found"),
        LeftOut("text.jpg", "image.format"),
    )


def test_a_stopped_import_has_stored_what_it_reported_and_goes_on(
    importing: Import, database: Database
) -> None:
    done: list[RowResult] = []
    for result in importing.run(everybody()):
        done.append(result)
        if len(done) == 2:
            importing.stop.set()
    assert outcomes(done) == ["enrolled"] * 2
    with database.app.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM templates")) == 2
    importing.stop.clear()
    rest = list(importing.run(everybody()))
    assert outcomes(rest) == ["already_enrolled"] * 2 + ["enrolled"] * 4


def test_a_lost_database_ends_the_import_with_what_was_stored(
    importing: Import, database: Database
) -> None:
    running = importing.run(everybody())
    assert outcomes([next(running), next(running)]) == ["enrolled"] * 2
    with database.owner.begin() as conn:
        conn.execute(text("ALTER TABLE templates RENAME TO gone"))
    with pytest.raises(EnrollRefused) as error:
        next(running)
    assert error.value.code == "enroll.database_lost"
    with database.owner.begin() as conn:
        conn.execute(text("ALTER TABLE gone RENAME TO templates"))
    rest = list(importing.run(everybody()))
    assert outcomes(rest) == ["already_enrolled"] * 2 + ["enrolled"] * 4


def test_nothing_of_a_photo_stands_in_the_database(
    importing: Import, database: Database, photo_bytes: list[bytes]
) -> None:
    list(importing.run(everybody()))
    with database.owner.connect() as conn:
        everything = dump(conn)
    assert b"\xff\xd8\xff" not in everything
    for data in photo_bytes:
        middle = len(data) // 2
        assert data[middle : middle + 16] not in everything
    for person in PEOPLE:
        assert person.number.encode() not in everything
        assert person.name.encode() not in everything


def test_every_outcome_is_counted() -> None:
    results = [RowResult(2, "enrolled", "", ""), RowResult(3, "refused", "", "", "photo_missing")]
    assert counted(results) == {"enrolled": 1, "updated": 0, "already_enrolled": 0, "refused": 1}


def test_the_report_holds_every_row_masked_and_no_formula(tmp_path: Path) -> None:
    results = [
        RowResult(2, "enrolled", "*" * 14 + "0019", "张*", None, None, 2, 0.91),
        RowResult(
            3,
            "refused",
            "",
            "=**",
            "photo_not_found",
            "照片文件夹中没有该文件。",
            left_out=(LeftOut("=1+1.jpg", "photo_not_found"),),
            detail_en="There is no such file among the photos.",
            column="photo",
        ),
    ]
    place = tmp_path / "people.report.csv"
    place.write_text("older")
    write_report(place, results)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert place.read_bytes().startswith(b"\xef\xbb\xbf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.report.csv"]
    header, first, second = csv.reader(io.StringIO(place.read_text("utf-8-sig")))
    assert len(header) == len(first) == len(second) == 11
    assert first[:3] == ["2", "已登记 enrolled", ""]
    assert second[:4] == ["3", "未登记 refused", "photo_not_found", "照片 photo"]
    assert second[4:6] == ["照片文件夹中没有该文件。", "There is no such file among the photos."]
    assert second[7] == "'=**"
    assert second[10].startswith("'=1+1.jpg")
    assert report_text([]) != ""
    json.dumps([asdict(result) for result in results])


def test_a_report_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(EnrollRefused) as error:
        write_report(tmp_path / "absent" / "report.csv", [])
    assert error.value.code == "report.unwritable"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a hospital in central mode, with a data folder of its own."""
    (tmp_path / "pia.md").write_text("# assessment\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHUALIAN_")}
    if cache := os.environ.get("SHUALIAN_CACHE"):
        kept["SHUALIAN_CACHE"] = cache
    with tempfile.TemporaryDirectory(prefix="shualian-test-") as data:
        yield {
            **kept,
            "SHUALIAN_DATA": data,
            "SHUALIAN_MODE": "central",
            "SHUALIAN_PIA": str(tmp_path / "pia.md"),
            "SHUALIAN_NOTICE_VERSION": "2025-11",
            "SHUALIAN_INSTITUTION": "H99010100001",
        }


def shualian(site: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "shualian", *arguments],
        env=site,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_import_refuses_to_start_where_the_law_asks_for_more(
    site: dict[str, str], tmp_path: Path, photos: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes(table_of(line_of(PEOPLE[0], "0.jpg")))
    for changed, code in (
        ({"SHUALIAN_PIA": ""}, "settings.pia_missing"),
        ({"SHUALIAN_MODE": "on_device"}, "enroll.on_device"),
    ):
        done = shualian(
            {**site, **changed}, "enroll", "import", str(table), "--photos", str(photos)
        )
        assert done.returncode == 1
        assert f"[{code}]" in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "people.report.csv").exists()


def test_a_broken_table_stops_the_command_before_anything_is_opened(
    site: dict[str, str], tmp_path: Path, photos: Path
) -> None:
    table = tmp_path / "people.csv"
    table.write_bytes(table_of(line_of(PEOPLE[0], "0.jpg"), "1,2,3"))
    done = shualian(site, "enroll", "import", str(table), "--photos", str(photos))
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 3" in done.stderr
    assert "[table.broken]" in done.stderr
    assert not any(Path(site["SHUALIAN_DATA"]).iterdir())


@pytest.fixture
def registered(site: dict[str, str], engine: FaceEngine) -> dict[str, str]:
    """The same, with its institution registered, for a pack that has its calibration."""
    if engine.calibration is None:
        pytest.skip("the pack has no calibration yet")
    done = shualian(site, "verifier", "institutions", "register", "H99010100001", "演示医院")
    assert done.returncode == 0, done.stderr
    return site


def test_the_command_enrols_reports_and_says_the_same_again(
    registered: dict[str, str], tmp_path: Path, photos: Path
) -> None:
    table = tmp_path / "people.csv"
    lines = [line_of(person, f"{index}.jpg") for index, person in enumerate(PEOPLE[:4])]
    table.write_bytes(table_of(*lines, line_of(PEOPLE[4], "absent.jpg")).decode().encode("gb18030"))
    command = ("enroll", "import", str(table), "--photos", str(photos))
    first = shualian(registered, *command, "--json")
    assert first.returncode == 3, first.stderr
    said = json.loads(first.stdout)
    assert said["encoding"] == "gb18030"
    assert said["counts"] == {"enrolled": 4, "updated": 0, "already_enrolled": 0, "refused": 1}
    assert said["results"][4]["code"] == "photo_not_found"
    again = shualian(registered, *command)
    assert again.returncode == 3
    assert "4 already enrolled" in again.stdout
    assert "line 6, column photo (照片): 照片文件夹中没有该文件。 [photo_not_found]" in again.stdout
    assert "There is no such file among the photos." in again.stdout
    assert "notice of enrolment today: " in again.stderr
    report = (tmp_path / "people.report.csv").read_text("utf-8-sig")
    assert report.count("已在库中") == 4


def test_ctrl_c_finishes_the_row_writes_the_report_and_the_next_run_goes_on(
    registered: dict[str, str], tmp_path: Path, photos: Path, photo_bytes: list[bytes]
) -> None:
    """Sixty rows, so that there is time; fifty-four of them look like the first six."""
    rows = []
    for index in range(60):
        number = f"9901011970{1 + index // 28:02d}{1 + index % 28:02d}001"
        (photos / f"p{index}.jpg").write_bytes(photo_bytes[index % 6] + b"\0" * index)
        person = Invented(number + check_digit(number), f"张{index}")
        rows.append(line_of(person, f"p{index}.jpg"))
    table = tmp_path / "people.csv"
    table.write_bytes(table_of(*rows))
    command = [sys.executable, "-m", "shualian", "enroll", "import", str(table)]
    process = subprocess.Popen(
        [*command, "--photos", str(photos), "--json"],
        env=registered,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_a_template(Path(registered["SHUALIAN_DATA"]))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    said = json.loads(out)
    assert said["interrupted"]
    assert 0 < len(said["results"]) < 60
    assert (tmp_path / "people.report.csv").exists()
    again = shualian(registered, "enroll", "import", str(table), "--photos", str(photos), "--json")
    assert again.returncode == 3, again.stderr
    counts = json.loads(again.stdout)["counts"]
    assert counts["already_enrolled"] == said["counts"]["enrolled"]
    assert counts["already_enrolled"] + counts["enrolled"] == 6


def wait_for_a_template(data: Path) -> None:
    """Join the database that the command has started, and ask until somebody is enrolled."""
    deadline = time.monotonic() + 60
    while not (data / "postgres" / "cluster" / "postmaster.pid").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    server = EmbeddedServer(data / "postgres")
    server.start()
    try:
        with psycopg.connect(server.dsn(database="shualian"), autocommit=True) as connection:
            query = "SELECT count(*) FROM templates"
            while connection.execute(query).fetchone() == (0,):
                assert time.monotonic() < deadline
    finally:
        server.close()
