"""Members of staff as they sit before a screen: with a work number, a password, a telephone."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from verifier.protocol.values import now
from verifier.trust.accounts import accounts, second_factor
from verifier.trust.accounts.roles import Role

from .hospital import Hospital

PASSWORD = "Sunny-Harbour-27"
NEXT = timedelta(seconds=second_factor.STEP_S)


class Member:
    """Somebody with an account at a hospital. Every code of the telephone is used once."""

    def __init__(self, hospital: Hospital, login: str, code: str, account: str) -> None:
        self.hospital, self.login, self.code, self.account = hospital, login, code, account
        self.password = PASSWORD
        self.secret = b""
        self.token = ""

    def take_up(self, password: str = PASSWORD) -> httpx.Response:
        """Set the password; scan the picture."""
        said = {"code": self.code, "password": password}
        answer = self.hospital.http.post("/v1/activation", json=said)
        if answer.status_code == 200:
            self.password = password
            query = parse_qs(urlsplit(answer.json()["uri"]).query)
            self.secret = _from_base32(query["secret"][0])
        return answer

    def confirm(self, totp: str | None = None) -> httpx.Response:
        """Type what the telephone shows."""
        said = {"code": self.code, "totp": totp or self.shown()}
        answer = self.hospital.http.post("/v1/activation/confirmation", json=said)
        self.hospital.clock.ahead += NEXT
        return answer

    def sign_in(self, **instead: str) -> httpx.Response:
        """Both factors; the telephone has a fresh code afterwards."""
        said = {"login": self.login, "password": self.password, "totp": self.shown()}
        answer = self.hospital.http.post("/v1/sessions", json=said | instead)
        if answer.status_code == 200:
            self.token = answer.json()["token"]
            self.hospital.clock.ahead += NEXT
        return answer

    def shown(self) -> str:
        """What the telephone shows."""
        return second_factor.code_at(self.secret, self.hospital.clock())

    def ask(self, verb: str, path: str, **said: Any) -> httpx.Response:
        """One request of the session."""
        headers = {"authorization": f"Session {self.token}"}
        return self.hospital.http.request(verb, path, headers=headers, **said)

    def prove(self, password: str | None = None) -> httpx.Response:
        """The password once more."""
        said = {"password": password or self.password}
        return self.ask("POST", "/v1/sessions/self/proof", json=said)

    def refused(self, verb: str, path: str, **said: Any) -> str:
        """The code of a refusal."""
        answer = self.ask(verb, path, **said)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])


def invited(hospital: Hospital, login: str, *roles: Role) -> Member:
    """An account made on the server, not taken up."""
    institution = hospital.site.parts.institution
    with hospital.database.app.begin() as conn:
        made = accounts.create(conn, hospital.keyring, institution, login, hospital.clock())
        for role in roles:
            accounts.grant(conn, institution, made.account, role, now())
    return Member(hospital, login, made.code, made.account)


def member(hospital: Hospital, login: str, *roles: Role) -> Member:
    """Somebody who is signed in."""
    made = invited(hospital, login, *roles)
    assert made.take_up().status_code == 200
    assert made.confirm().status_code == 204
    assert made.sign_in().status_code == 200
    return made


def _from_base32(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))
