"""A practitioner's phone over the wire, as plain as can be: a P-256 key that signs ES256."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import time_machine
from joserfc.jwk import ECKey

from verifier.protocol import jose
from verifier.protocol.challenge import authorization
from verifier.protocol.practice import CheckedIn, PhoneCheckIn, PhoneState
from verifier.protocol.registration import bring_phone
from verifier.protocol.values import new_id
from verifier.trust import phones, terminals

from ..fixtures import INSTITUTION
from .hospital import Hospital, Terminal
from .local_http import LocalHttp

PHONE = "/v1/practice/phone"


@dataclass
class Phone:
    """A phone's side of the protocol."""

    http: LocalHttp
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    id: str = ""
    kind: jose.Kind = jose.PHONE_REQUEST
    clock_ahead: timedelta = timedelta()

    def enrol(self, code: str, site_code: str) -> httpx.Response:
        """Bring the key."""
        body = bring_phone(self.key, code, site_code).model_dump_json().encode()
        answer = self.http.post(f"{PHONE}/enrolments", content=body)
        if answer.status_code == 200:
            self.id = answer.json()["phone"]
        return answer

    def state(self) -> PhoneState:
        """What it shows."""
        return PhoneState.model_validate_json(self._good(self.get(f"{PHONE}/state")).content)

    def check(self, act: str = "in", **said: Any) -> CheckedIn:
        """In or out."""
        return CheckedIn.model_validate_json(self._good(self.send(act, **said)).content)

    def send(self, act: str = "in", **said: Any) -> httpx.Response:
        """The request alone."""
        asked = PhoneCheckIn(**({"request": new_id(), "act": act} | said))
        return self.post(f"{PHONE}/check-ins", asked.model_dump_json().encode())

    def said_out(self, window: str, at: datetime) -> httpx.Response:
        """补签."""
        return self.post(
            f"{PHONE}/said-out", f'{{"window":"{window}","at":"{at:%FT%TZ}"}}'.encode()
        )

    def post(self, path: str, body: bytes) -> httpx.Response:
        """A request with a proof of its own."""
        return self.http.post(path, content=body, headers=self.proof("POST", path, body))

    def get(self, path: str) -> httpx.Response:
        """A request with a proof of its own."""
        return self.http.get(path, headers=self.proof("GET", path, b""))

    def proof(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """The header of one request."""
        with time_machine.travel(datetime.now(UTC) + self.clock_ahead, tick=True):
            header = authorization(self.id, self.key, method, path, body, self.kind)
        return {"authorization": header, "content-type": "application/json"}

    @staticmethod
    def _good(answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 200, answer.text
        return answer


def at_site(hospital: Hospital, site: str) -> Terminal:
    """A fixed terminal of this site, where practitioners check in."""
    terminal = hospital.terminal(["practice_check_in"])
    public = terminal.key.as_dict(private=False) | {"kid": terminal.id}
    with hospital.database.app.begin() as conn:
        said = (INSTITUTION, site, "kiosk", public, ["practice_check_in"])
        terminals.register(conn, *said)
    return terminal


def shown(terminal: Terminal) -> dict[str, Any]:
    """The site's code that this terminal shows now: `payload`, `code`, `until`."""
    answer = terminal.get("/v1/practice/site-code")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def invite(hospital: Hospital, person: str) -> str:
    """A one-time code for this practitioner."""
    with hospital.database.app.begin() as conn:
        said = (conn, hospital.keyring, INSTITUTION, person, "account", hospital.clock())
        return phones.invite(*said).code


def enrolled(hospital: Hospital, person: str, terminal: Terminal) -> Phone:
    """A phone of this practitioner's, enrolled before that terminal."""
    phone = Phone(hospital.http)
    answer = phone.enrol(invite(hospital, person), shown(terminal)["code"])
    assert answer.status_code == 200, answer.text
    return phone
