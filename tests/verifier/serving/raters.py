"""Who hands in ratings and matters, for tests: a HIS, and staff who deal with them."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from verifier.api.rating import book_of
from verifier.protocol.values import now
from verifier.ratings import intakes
from verifier.ratings.rules import CHINA
from verifier.trust.accounts import accounts

from ..fixtures import INSTITUTION
from .hospital import Hospital
from .test_api_access import His

_NUMBERS = count(1)


def noon() -> datetime:
    """Midday there, yesterday: far from midnight, whenever a test runs."""
    yesterday = now().astimezone(CHINA) - timedelta(days=1)
    return yesterday.replace(hour=12, minute=0, second=0, microsecond=0)


class Rater:
    """A machine client that hands in what people said."""

    def __init__(self, hospital: Hospital, name: str = "rater", scope: str = "ratings:write"):
        self.hospital = hospital
        self.his = His(hospital, name, scopes=(scope,))
        self.token = self.his.token()

    def send(self, path: str, body: Any) -> Any:
        """One request with any body."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.hospital.http.post(path, content=content, headers=headers)

    def rate(self, grade: str = "very_satisfied", **more: Any) -> dict[str, Any]:
        """A rating that is taken; the answer."""
        answer = self.send("/v1/ratings", rating(grade, **more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bring(self, **more: Any) -> dict[str, Any]:
        """A matter that is taken; the answer."""
        answer = self.send("/v1/intakes", matter(**more))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refused(self, body: dict[str, Any], path: str = "/v1/ratings") -> tuple[int, str]:
        """Status and code."""
        answer = self.send(path, body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, str(answer.json()["code"])


def rating(grade: str = "very_satisfied", **more: Any) -> dict[str, Any]:
    """A body of `POST /v1/ratings` with a number of its own."""
    said = {"external_id": f"R-{next(_NUMBERS)}", "grade": grade, "door": "counter"}
    return said | more


def matter(**more: Any) -> dict[str, Any]:
    """A body of `POST /v1/intakes` with a number of its own."""
    said = {"external_id": f"M-{next(_NUMBERS)}", "kind": "complaint", "door": "phone"}
    return said | {"said": "取药窗口的指示牌看不清"} | more


class Office:
    """Somebody who deals with matters, past the pages."""

    def __init__(self, hospital: Hospital, login: str = "i0001") -> None:
        self.hospital = hospital
        self.book = book_of(hospital.site)
        with hospital.database.app.begin() as conn:
            made = accounts.create(conn, hospital.keyring, INSTITUTION, login, hospital.clock())
        self.account = made.account

    def does(self, act: Any, intake: str, *words: str) -> None:
        """One step, in a transaction of its own."""
        with self.hospital.database.app.begin() as conn:
            act(conn, self.book, intake, *words, self.account, self.hospital.clock())

    def sees(self, intake: str) -> intakes.Opened:
        """One of them with its words."""
        with self.hospital.database.app.connect() as conn:
            return intakes.get(conn, self.book, intake, self.hospital.clock())

    def list(self, **said: Any) -> list[intakes.Intake]:
        """What is listed, in its order."""
        with self.hospital.database.app.connect() as conn:
            return intakes.listed(conn, INSTITUTION, self.hospital.clock(), **said)

    def only(self) -> str:
        """The id of the one there is."""
        (one,) = self.list()
        return one.id
