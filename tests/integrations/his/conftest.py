"""A running verifier, and a machine client of it that speaks through the test's own process."""

from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import ECKey

from integrations.his.client import HisClient
from tests.verifier.fixtures import INSTITUTION, database, gallery, institution, keyring
from tests.verifier.serving.conftest import hospital, terminal
from tests.verifier.serving.hospital import Hospital
from verifier.trust import clients

__all__ = ["database", "gallery", "hospital", "institution", "keyring", "terminal"]


SCOPES = ["his:feed", "decisions:read", "ratings:write"]


class Through(httpx.BaseTransport):
    """Real HTTP messages to the app; `away` is a verifier that cannot be reached."""

    def __init__(self, hospital: Hospital) -> None:
        self._hospital = hospital
        self.away = False
        self.sent = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One request."""
        if self.away:
            raise httpx.ConnectError("away", request=request)
        self.sent += 1
        path = request.url.raw_path.decode()
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        answer = self._hospital.http.request(
            request.method, path, content=request.read(), headers=headers
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def wire(hospital: Hospital) -> Through:
    """The way to the verifier."""
    return Through(hospital)


@pytest.fixture
def his(hospital: Hospital, wire: Through) -> Iterator[HisClient]:
    """A machine client with these scopes."""
    key = ECKey.generate_key("P-256")
    with hospital.database.app.begin() as conn:
        public = key.as_dict(private=False)
        clients.register(conn, "his", INSTITUTION, public, SCOPES)
    with HisClient("http://verifier", "his", INSTITUTION, key, transport=wire) as client:
        yield client
