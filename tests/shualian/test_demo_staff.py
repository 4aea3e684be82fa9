"""The demo's staff: made for a demo hospital alone, and let in by both factors like anybody."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from shualian.demo import clinic, staff
from shualian.demo.errors import NotADemo
from tests.verifier.fixtures import database, institution, keyring
from verifier.protocol.values import now
from verifier.store.account_tables import Account
from verifier.store.database import Database
from verifier.store.schema import Institution
from verifier.trust.accounts import accounts
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import Doors, SignInRefused
from verifier.trust.keys import KeyRing

__all__ = ["database", "institution", "keyring"]


@pytest.fixture
def demo(database: Database, institution: str) -> str:
    """A demo hospital with its departments."""
    with database.app.begin() as conn:
        clinic.record_sites(conn, institution)
    set_demo(database, institution, demo=True)
    return institution


def set_demo(database: Database, institution: str, *, demo: bool) -> None:
    with database.owner.begin() as conn:
        conn.execute(update(Institution).where(Institution.code == institution).values(demo=demo))


def made_accounts(database: Database) -> int:
    with database.app.connect() as conn:
        return int(conn.scalar(select(func.count()).select_from(Account)) or 0)


def test_a_hospital_that_is_no_demo_gets_no_staff_and_no_file(
    database: Database, keyring: KeyRing, demo: str, tmp_path: Path
) -> None:
    set_demo(database, demo, demo=False)
    file = tmp_path / "staff.json"
    with pytest.raises(NotADemo):
        staff.ensure(database, keyring, demo, file)
    with pytest.raises(NotADemo):
        staff.ensure(database, keyring, "H99010100002", file)
    assert made_accounts(database) == 0
    assert not file.exists()


def test_every_role_has_one_account_with_secrets_of_its_own_for_its_owner_alone(
    database: Database, keyring: KeyRing, demo: str, tmp_path: Path
) -> None:
    file = tmp_path / "demo" / "staff.json"
    members = staff.ensure(database, keyring, demo, file)
    assert [member.role for member in members] == list(Role)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len({member.password for member in members}) == len(Role)
    assert len({member.secret for member in members}) == len(Role)
    assert members[0].password not in repr(members)
    assert members[0].secret not in repr(members)
    with database.app.connect() as conn:
        found = {one.login: one for one in accounts.listed(conn, demo)}
    for member in members:
        assert found[member.login].roles == [member.role]
        assert found[member.login].state == "active"
    again = staff.ensure(database, keyring, demo, file)
    assert again == members
    assert made_accounts(database) == len(Role)


def test_they_come_in_by_both_factors_and_by_nothing_less(
    database: Database, keyring: KeyRing, demo: str, tmp_path: Path
) -> None:
    [clerk, *_] = staff.ensure(database, keyring, demo, tmp_path / "staff.json")
    doors, at = Doors(database.app, keyring, demo), now()
    for password, digits in (
        (clerk.password, clerk.code_at(at - timedelta(minutes=10))),
        ("Another-Password-1", clerk.code_at(at)),
        (clerk.password, ""),
    ):
        with pytest.raises(SignInRefused):
            doors.sign_in(clerk.login, password, digits, at)
    token = doors.sign_in(clerk.login, clerk.password, clerk.code_at(at), at)
    signed_in = doors.of_token(token, at)
    assert signed_in is not None
    assert signed_in.roles == {Role.ENROLMENT_CLERK}
    with pytest.raises(SignInRefused):
        doors.sign_in(clerk.login, clerk.password, clerk.code_at(at), at)  # a code counts once


def test_who_lost_the_file_is_renewed_and_the_password_of_before_counts_no_more(
    database: Database, keyring: KeyRing, demo: str, tmp_path: Path
) -> None:
    file = tmp_path / "staff.json"
    [before, *_] = staff.ensure(database, keyring, demo, file)
    known = json.loads(file.read_text())
    file.write_text(json.dumps([each for each in known if each["role"] != before.role]))
    [after, *_] = staff.ensure(database, keyring, demo, file)
    assert after.password != before.password
    assert made_accounts(database) == len(Role)
    doors, at = Doors(database.app, keyring, demo), now()
    with pytest.raises(SignInRefused):
        doors.sign_in(before.login, before.password, before.code_at(at), at)
    assert doors.sign_in(after.login, after.password, after.code_at(at), at)
