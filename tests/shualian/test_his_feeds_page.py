"""The script in docs/his-feeds.md, against a running verifier on a real port."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from shualian.demo.hospital import HIS_CLIENT, HIS_SCOPES
from tests.kiosk.live_verifier import listening
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring
from tests.verifier.serving.conftest import hospital, terminal
from tests.verifier.serving.his_feed import item
from tests.verifier.serving.hospital import Hospital, Terminal, invent, visit_of
from verifier.his import webhooks
from verifier.trust import clients

__all__ = ["database", "gallery", "hospital", "institution", "keyring", "terminal"]

PAGE = Path(__file__).parents[2] / "docs" / "his-feeds.md"
TEXT = PAGE.read_text("utf-8")
ZHANG = invent(1)


class Afternoon:
    """The page's script with the demo client's key."""

    def __init__(self, hospital: Hospital, folder: Path, port: int) -> None:
        self.folder, self.key, self.script = folder, folder / "his.json", folder / "feeds.py"
        (text,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
        self.script.write_text(text, "utf-8")
        key = ECKey.generate_key("P-256")
        self.key.write_text(json.dumps(key.as_dict(private=True)))
        self.environment = {**os.environ, "VERIFIER": f"http://127.0.0.1:{port}"}
        with hospital.database.app.begin() as conn:
            public = key.as_dict(private=False)
            clients.register(conn, HIS_CLIENT, INSTITUTION, public, HIS_SCOPES)

    def begun(self, *arguments: str) -> subprocess.Popen[str]:
        """The script at work."""
        return subprocess.Popen(
            [sys.executable, str(self.script), str(self.key), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Any:
        """What the script prints."""
        return said_by(self.begun(*arguments))


def said_by(process: subprocess.Popen[str]) -> Any:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture
def afternoon(hospital: Hospital, tmp_path: Path) -> Iterator[Afternoon]:
    with listening(hospital.http.app) as port:
        yield Afternoon(hospital, tmp_path, port)


def test_items_are_put_and_put_again(afternoon: Afternoon) -> None:
    file = afternoon.folder / "items.json"
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    file.write_text(example, "utf-8")
    for result in ("created", "unchanged"):
        answer = afternoon.run("put", "appointments", str(file))
        assert [each["result"] for each in answer["results"]] == [result]
    feeds = {each["kind"]: each for each in afternoon.run("fresh")["feeds"]}
    assert feeds["appointments"]["heard_at"] is not None
    assert feeds["dispensing"]["heard_at"] is None


def test_decisions_are_read_from_their_cursor(
    afternoon: Afternoon, hospital: Hospital, terminal: Terminal
) -> None:
    hospital.enrol(ZHANG)
    file = afternoon.folder / "items.json"
    file.write_text(json.dumps([item(ZHANG, "A-7")]), "utf-8")
    afternoon.run("put", "appointments", str(file))
    made = terminal.decide(visit_of(ZHANG)).decision
    page = afternoon.run("decisions")
    assert [each["decision"] for each in page["decisions"]] == [made.id]
    assert page["decisions"][0]["expected"] == [{"kind": "appointments", "external_id": "A-7"}]
    assert afternoon.run("decisions", page["cursor"])["decisions"] == []


def test_a_webhook_is_heard_and_its_signature_checked(
    afternoon: Afternoon, hospital: Hospital
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ear = afternoon.begun("listen", str(port), "1")
    while ear.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            continue
    with hospital.database.app.begin() as conn:
        url = f"http://127.0.0.1:{port}/"
        webhooks.add(conn, INSTITUTION, url, "operator", hospital.clock())
    hospital.site.dispatcher.turn()
    (told,) = said_by(ear)
    assert (told["event"], told["aud"]) == ("webhook.tried", INSTITUTION)


def test_the_page_is_no_longer_than_an_afternoon() -> None:
    assert len(TEXT.splitlines()) <= 150
