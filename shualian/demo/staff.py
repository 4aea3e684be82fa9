"""The demo hospital's staff: one account a role, taken up as people take theirs up.

Passwords and the secrets of their telephones are made at random for each data folder and stand in
one file there that its owner alone may read. The verifier knows nothing of it: whoever signs in
gives work number, password and six digits like everybody else. Only a demo institution gets them.
"""

import json
import secrets
from base64 import b32decode, b32encode
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from integrations.his.day import WARDS
from kiosk.files import write_private
from verifier.identity import institutions
from verifier.practice import roster_keepers
from verifier.presence import wards
from verifier.presence.rules import WardKind
from verifier.protocol.registration import code_of
from verifier.protocol.values import now
from verifier.store.database import Database
from verifier.trust.accounts import accounts, second_factor
from verifier.trust.accounts.accounts import AccountRefused, Made
from verifier.trust.accounts.roles import Role
from verifier.trust.accounts.sessions import Doors
from verifier.trust.keys import KeyRing

from . import clinic
from .errors import NotADemo

ICU = "5A"
"""A ward in which nobody is ever asked to look into a camera; the others are ordinary ones."""


@dataclass(frozen=True)
class Member:
    """Somebody of the demo's staff. `secret` is the telephone's, in base32."""

    role: Role
    login: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    def code_at(self, at: datetime) -> str:
        """The six digits that the telephone shows at this moment."""
        return second_factor.code_at(b32decode(self.secret), at)


def ensure(database: Database, keyring: KeyRing, institution: str, file: Path) -> list[Member]:
    """See that every role has its account; those who are there stay as they are.

    Raises `NotADemo` for a hospital that is none, before anything is made.
    """
    with database.app.connect() as conn:
        if not institutions.is_demo(conn, institution):
            raise NotADemo(f"{institution} is no demo hospital: its staff make their own accounts")
    known = {member.role: member for member in read(file)}
    for role in Role:
        if role not in known:
            known[role] = _taken_up(database, keyring, institution, role)
            _write(file, list(known.values()))
    return [known[role] for role in Role]


def read(file: Path) -> list[Member]:
    """Who is there; nobody where there is no such file."""
    if not file.exists():
        return []
    said = json.loads(file.read_text("utf-8"))
    return [Member(**{**each, "role": Role(each["role"])}) for each in said]


def _write(file: Path, members: list[Member]) -> None:
    write_private(file, json.dumps([asdict(member) for member in members]).encode())


def _taken_up(database: Database, keyring: KeyRing, institution: str, role: Role) -> Member:
    """As the operator makes an account, and the person takes it up."""
    login, at = role.value.replace("_", "-"), now()
    with database.app.begin() as conn:
        made = _made(conn, keyring, institution, login, at)
        accounts.grant(conn, institution, made.account, role, at)
        if role is Role.SCHEDULER:
            roster_keepers.give(
                conn, institution, made.account, clinic.DEPARTMENT, at, accounts.OPERATOR
            )
        if role is Role.HOSPITAL_ADMIN:
            for ward in WARDS:
                kind = WardKind.ICU if ward == ICU else WardKind.ORDINARY
                wards.state(conn, institution, ward, kind, made.account, at)
    password = f"{code_of(secrets.randbits(80))}-demo"
    doors = Doors(database.app, keyring, institution)
    taken = doors.take_up(made.code, password, at)
    # With the code of half a minute ago, so that the present one still counts.
    earlier = second_factor.code_at(taken.secret, at - timedelta(seconds=second_factor.STEP_S))
    doors.confirm(made.code, earlier, at)
    return Member(role, login, password, b32encode(taken.secret).decode())


def _made(conn: Connection, keyring: KeyRing, institution: str, login: str, at: datetime) -> Made:
    """Made, or renewed where its password went with the file."""
    try:
        return accounts.create(conn, keyring, institution, login, at)
    except AccountRefused as refused:
        if refused.code != "account.login_taken":
            raise
        account = accounts.named(conn, institution, login)
        return accounts.renew(conn, keyring, institution, account, at)
