"""After a hundred visits no picture of anybody is anywhere (令第19号 Art. 8, GB/T 41819 §11)."""

import base64
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from verifier.identity.galleries import Gallery
from verifier.protocol.claim import Evidence
from verifier.protocol.values import from_b64url
from verifier.store.database import Database
from verifier.trust.keys import KeyRing

from ..fixtures import dump, embedded_server
from .hospital import Hospital, Person, Terminal, invent, open_hospital, visit_of

VISITS = 100
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files of this process go from now on."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def pictures(evidence: Evidence) -> Iterator[bytes]:
    """Every picture that was sent, as its bytes and as their forms in text."""
    assert evidence.capture is not None
    for crop in evidence.capture.crops:
        raw = from_b64url(crop.png)
        middle = raw[len(raw) // 3 : len(raw) // 3 + 48]
        yield middle
        yield middle.hex().encode()
        yield crop.png[200:264].encode()
        yield base64.b64encode(raw)[200:264]


def held(folder: Path, database: Database) -> Iterator[tuple[str, bytes]]:
    """Tables, the database's own files with its log ahead, temporary files."""
    with database.owner.connect() as conn:
        yield "tables", dump(conn)
    for root in (folder, embedded_server().folder):
        for path in root.rglob("*"):
            if path.is_file():
                yield os.fspath(path), path.read_bytes()


def test_after_a_hundred_visits_no_picture_is_anywhere(
    database: Database, keyring: KeyRing, gallery: Gallery, folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    people: list[Person] = [invent(number) for number in range(10)]
    sent: list[Evidence] = []
    with open_hospital(database, keyring, gallery) as hospital:
        _visits(hospital, hospital.terminal(), people, sent)
        said = "".join(capfd.readouterr()).encode()
        assert hospital.count("decisions") == VISITS
    looked_for = {piece for evidence in sent for piece in pictures(evidence)}
    assert len(looked_for) >= VISITS
    for evidence in sent:
        said_once = evidence.model_dump_json().encode()
        assert any(piece in said_once for piece in pictures(evidence)), "it would be found"
    for where, content in (("logs", said), *held(folder, database)):
        found = [piece for piece in looked_for if piece in content]
        assert not found, where
        assert not any(mark in content for mark in MAGIC), where


def _visits(
    hospital: Hospital, terminal: Terminal, people: list[Person], sent: list[Evidence]
) -> None:
    for person in people:
        hospital.enrol(person)
    for number in range(VISITS):
        person = people[number % len(people)]
        face = people[(number + 1) % len(people)].face if number % 7 == 0 else person.face
        evidence = visit_of(person, face)
        sent.append(evidence)
        outcome = terminal.decide(evidence).decision.outcome
        assert outcome == ("rejected" if number % 7 == 0 else "accepted")
