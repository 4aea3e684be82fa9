"""A hospital's server on a folder of its own, for tests that back it up and restore it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner, Result

from verifier.identity import galleries, institutions, people, templates
from verifier.identity.errors import IdentityRefused
from verifier.settings import load
from verifier.store.database import Database, open_database
from verifier.trust.keys import KeyRing

from ..fixtures import INSTITUTION, PACK, dump, register_somebody, unit_vectors

ZHANG, LI, WANG = (
    ("990101198001010013", "张三丰"),
    ("990101198001010021", "李莫愁"),
    ("990101198001010048", "王重阳"),
)


def typed(app: typer.Typer, *arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result: Result, code: str) -> None:
    assert result.exit_code == 1, result.output
    assert result.stderr.strip().endswith(f"[{code}]"), result.stderr


@dataclass
class Place:
    """A hospital's server on a folder of its own; three people are enrolled."""

    folder: Path
    ring: KeyRing
    ids: dict[str, str]

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    def opened(self) -> Database:
        return open_database(load())

    def faces(self) -> int:
        with self.opened() as database, database.app.connect() as conn:
            return int(conn.scalar(text("SELECT count(*) FROM templates")) or 0)

    def name_of(self, number: str) -> str | None:
        with self.opened() as database, database.app.connect() as conn:
            try:
                return people.name_of(conn, self.ring, self.ids[number])
            except IdentityRefused:
                return None


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("SHUALIAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SHUALIAN_INSTITUTION", INSTITUTION)
    ring = KeyRing.load_or_create(load().keys)
    made = Place(tmp_path, ring, {})
    with made.opened() as database:
        database.migrate()
        with database.app.begin() as conn:
            institutions.ensure(conn, INSTITUTION, "演示医院", demo=True)
            gallery = galleries.open_gallery(conn, ring, INSTITUTION, PACK)
            for (number, name), vector in zip((ZHANG, LI, WANG), unit_vectors(3), strict=True):
                one = register_somebody(conn, ring, INSTITUTION, number, name)
                said = (one.id, one.consent, vector[None], 0.9)
                templates.enrol(conn, ring, gallery, *said)
                made.ids[number] = one.id
    return made


def everything(place: Place, *, without_keys: bool = False) -> Iterator[tuple[str, bytes]]:
    """All tables, and all files under the folder: the database's own, keys, copies, logs."""
    with place.opened() as database, database.owner.connect() as conn:
        yield "tables", dump(conn)
    for path in place.folder.rglob("*"):
        if path.is_file() and not (without_keys and path.parent.name == "keys"):
            yield str(path), path.read_bytes()
