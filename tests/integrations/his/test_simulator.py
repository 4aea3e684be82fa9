"""A hospital's day, with every fault that a HIS can have, ends in one state."""

import json
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from codes import id_number
from integrations.his.client import ClientRefused, HisClient
from integrations.his.day import Faults, ends_as, hospital_day, with_faults
from integrations.his.folder import Watch
from integrations.his.receiver import Receiver
from integrations.his.simulator import play, to_feed, to_folder
from tests.kiosk.live_verifier import listening
from tests.verifier.fixtures import INSTITUTION
from tests.verifier.serving.hospital import Hospital, Terminal, faceless, invent
from verifier.his import webhooks
from verifier.his.dispatcher import Dispatcher, Turn
from verifier.protocol.his import Kind
from verifier.trust import clients

MORNING = datetime.now(timezone(timedelta(hours=8))).replace(hour=7, minute=0, second=0)
DAY = hospital_day(MORNING, 60)


def kept(hospital: Hospital) -> dict[tuple[str, str], tuple[str, int, str | None, str | None]]:
    with hospital.database.app.connect() as conn:
        found = conn.exec_driver_sql(
            "SELECT kind, external_id, state, version, ward, bed FROM expected_visits"
        )
        return {(row[0], row[1]): (row[2], row[3], row[4], row[5]) for row in found}


def wanted() -> dict[tuple[str, str], tuple[str, int, str | None, str | None]]:
    return {
        (kind.value, name): (item["state"], item["version"], item.get("ward"), item.get("bed"))
        for (kind, name), item in ends_as(DAY).items()
    }


def test_a_day_holds_every_kind_and_only_invented_people() -> None:
    assert {said.kind for said in DAY} == set(Kind)
    assert hospital_day(MORNING, 60) == DAY, "the same seed, the same day"
    for said in DAY:
        assert id_number.parse(said.item["person"]["number"]).region == "990101"


@pytest.mark.parametrize(
    "faults",
    [Faults(), Faults(duplicate=0.3), Faults(late=0.5), Faults(shuffle=True, duplicate=0.3)],
)
def test_whatever_goes_wrong_the_day_ends_as_it_was(
    hospital: Hospital, his: HisClient, faults: Faults
) -> None:
    found = play(with_faults(DAY, faults), to_feed(his))
    assert found["refused"] == 0
    assert kept(hospital) == wanted()


def test_the_same_day_as_files_in_every_encoding_some_garbled(
    hospital: Hospital, his: HisClient, tmp_path: Path
) -> None:
    watch = Watch(tmp_path, his, settle_s=0)
    found = play(DAY, to_folder(tmp_path, garbled=0.4))
    reports = watch.look()
    assert len(reports) == found["files"]
    refused = [report for report in reports if report.end == "refused"]
    assert len(refused) == found["garbled"] > 0
    assert {each.code for report in refused for each in report.findings} == {"csv.encoding"}
    assert {report.encoding for report in reports} == {"utf-8", "gb18030"}
    assert kept(hospital) == wanted()


def test_a_receiver_that_fails_and_recovers_hears_of_each_decision_once(
    hospital: Hospital, terminal: Terminal, his: HisClient
) -> None:
    hospital.site.dispatcher.close()
    parts = hospital.site.parts
    dispatcher = Dispatcher(parts.engine, parts.keyring, INSTITUTION, hospital.clock)
    with Receiver(his.keys, INSTITUTION) as receiver:
        with hospital.database.app.begin() as conn:
            webhooks.add(conn, INSTITUTION, receiver.url, "operator", hospital.clock())
        receiver.heard.fail = 2
        made = terminal.decide(faceless(invent(1))).decision
        assert dispatcher.turn() == Turn(made=1, later=2)
        hospital.clock.ahead += timedelta(seconds=6)
        assert dispatcher.turn() == Turn(delivered=2)
        heard = receiver.heard
    assert (heard.again, heard.unsigned) == (0, 0)
    told = [each.data for each in heard.told.values() if each.data is not None]
    (data,) = told
    assert data.decision == made.id
    assert [each.decision for each, _ in his.decisions()] == [made.id]


def test_a_client_without_the_scope_is_told_so(hospital: Hospital, his: HisClient) -> None:
    with hospital.database.app.begin() as conn:
        clients.suspend(conn, "his", INSTITUTION)
    with pytest.raises(ClientRefused, match=r"auth\.forbidden"):
        his.feeds()


def test_the_commands_say_what_they_do() -> None:
    for command in ("watch", "simulate", "webhook"):
        asked = [sys.executable, "-m", "shualian", "his", command, "--help"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_commands_play_a_day_into_a_folder_that_is_watched(
    hospital: Hospital, tmp_path: Path
) -> None:
    """As an operator runs them: two processes, one key file, a verifier on a port."""
    key, folder = tmp_path / "his.json", tmp_path / "in"
    folder.mkdir()
    made = ECKey.generate_key("P-256")
    key.write_text(json.dumps(made.as_dict(private=True)))
    key.chmod(0o600)
    with hospital.database.app.begin() as conn:
        public = made.as_dict(private=False)
        clients.register(conn, "his", INSTITUTION, public, ["his:feed", "ratings:write"])
    with listening(hospital.http.app) as port:
        who = ["--client", "his", "--key", str(key), "--institution", INSTITUTION]
        who += ["--verifier", f"http://127.0.0.1:{port}"]
        said = run("simulate", "--people", "20", "--folder", str(folder), "--json", *who)
        run("watch", str(folder), "--once", *who)
        assert len(list((folder / "done").glob("*.csv"))) == json.loads(said)["files"]
        again = json.loads(run("simulate", "--people", "20", "--rate", "0.5", "--json", *who))
        key.chmod(0o644)
        with pytest.raises(AssertionError, match=r"settings\.secret_readable"):
            run("simulate", *who)
    assert again.pop("opinions_created") == hospital.count("ratings") == 10
    assert again.pop("intakes", 0) == hospital.count("intakes")
    assert set(again) <= {"unchanged", "older"}, again
    assert hospital.count("expected_visits") > 20


def run(*arguments: str) -> str:
    """What a command prints."""
    command = [sys.executable, "-m", "shualian", "his", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_where_a_folder_is_watched_no_database_library_is_needed() -> None:
    asked = "import sys, integrations.his.cli; print({'sqlalchemy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
