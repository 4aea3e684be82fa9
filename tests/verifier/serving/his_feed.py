"""A HIS that feeds, for tests: items, requests, and one that receives webhooks."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from verifier.protocol import jose
from verifier.protocol.his import Told
from verifier.trust.keys import KeyRing

from .hospital import Hospital, Person
from .test_api_access import His

SCOPES = ("his:feed", "decisions:read")


BEGAN = datetime.now(UTC)


def item(person: Person, external_id: str = "A-1", /, **changes: Any) -> dict[str, Any]:
    """Expected from an hour before the tests began until an hour after."""
    said: dict[str, Any] = {
        "external_id": external_id,
        "person": {"kind": "resident_id", "number": person.number},
        "department": "内科",
        "valid_from": (BEGAN - timedelta(hours=1)).isoformat(),
        "valid_to": (BEGAN + timedelta(hours=1)).isoformat(),
        "version": 1,
    }
    return said | changes


class Feeder:
    """Sends items and reads what comes back."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.his = His(hospital, "feeder", scopes=SCOPES)
        self.token = self.his.token()

    def put(self, kind: str, *items: dict[str, Any]) -> list[str]:
        """The results, or for a refused one its code."""
        answer = self.raw(kind, {"items": list(items)})
        assert answer.status_code == 200, answer.text
        return [each["code"] or each["result"] for each in answer.json()["results"]]

    def raw(self, kind: str, body: Any) -> Any:
        """One request with any body."""
        headers = {"authorization": f"Bearer {self.token}"}
        content = json.dumps(body).encode()
        return self.hospital.http.request(
            "PUT", f"/v1/his/{kind}", content=content, headers=headers
        )

    def get(self, path: str) -> Any:
        """One GET under `/v1/his`."""
        headers = {"authorization": f"Bearer {self.token}"}
        return self.hospital.http.get(f"/v1/his/{path}", headers=headers)


def rows(hospital: Hospital) -> list[tuple[Any, ...]]:
    """What is kept of expected visits, but when."""
    with hospital.database.app.connect() as conn:
        found = conn.exec_driver_sql(
            "SELECT kind, external_id, person_key, department, place, ward, bed, valid_from, "
            "valid_to, state, version, digest FROM expected_visits ORDER BY kind, external_id"
        )
        return [tuple(row) for row in found]


@dataclass
class Receiver:
    """What stands at a webhook's address; `answers` are given one by one, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, str]] = field(default_factory=list)
    location: str = ""

    def told(self, keyring: KeyRing) -> list[Told]:
        """Every message, its signature checked from the public key alone."""
        key = keyring.receipt_key
        find = {str(key.kid): key}.get
        return [
            Told.model_validate_json(jose.verify(jose.WEBHOOK, compact, find))
            for _, compact in self.got
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A real HTTP server on loopback."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            receiver.got.append((self.headers["webhook-id"], body))
            status = receiver.answers.pop(0) if receiver.answers else 200
            self.send_response(status)
            if receiver.location:
                self.send_header("location", receiver.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join()
