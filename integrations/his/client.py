"""A machine client of the verifier: `private_key_jwt` (RFC 7523), feeds in, decisions out."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from verifier.protocol import jose
from verifier.protocol.his import (
    MOST_ITEMS,
    DecidedNow,
    Decisions,
    Feeds,
    ItemResult,
    Kind,
    Results,
)
from verifier.protocol.values import new_id
from verifier.settings import refuse_if_readable_by_others

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY_S = 30
"""A token is renewed so long before it ends."""


class ClientRefused(Exception):
    """The verifier does not take it. `str()` is its code, never what was sent."""


class KeyUnusable(Exception):
    """The key file holds no private P-256 key."""

    code = "his.key_unusable"


def read_key(path: Path) -> ECKey:
    """The client's key (JWK). Raises `KeyUnusable`, and `SettingsRefused` where others may read."""
    refuse_if_readable_by_others(path)
    try:
        key = ECKey.import_key(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError, KeyError, JoseError) as error:
        raise KeyUnusable(f"{path} is no key") from error
    if not key.is_private:
        raise KeyUnusable(f"{path} holds no private key")
    return key


class HisClient:
    """One institution's verifier. Use it as a context manager, or `close` it."""

    def __init__(
        self,
        url: str,
        client: str,
        institution: str,
        key: ECKey,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False, transport=transport)
        self._client, self._institution, self._key = client, institution, key
        self._until = 0.0

    def put(self, kind: Kind, items: Sequence[Mapping[str, Any]]) -> list[ItemResult]:
        """Send items, a thousand at a time; one result for each, in their order.

        Raises `ClientRefused`, `httpx.HTTPError`.
        """
        results: list[ItemResult] = []
        for start in range(0, max(len(items), 1), MOST_ITEMS):
            batch = [dict(each) for each in items[start : start + MOST_ITEMS]]
            answer = self._ask("PUT", f"/v1/his/{kind.value}", json={"items": batch})
            found = Results.model_validate_json(answer.content).results
            results += [each.model_copy(update={"index": start + each.index}) for each in found]
        return results

    def feeds(self) -> Feeds:
        """How fresh each kind is. Raises as `put`."""
        return Feeds.model_validate_json(self._ask("GET", "/v1/his/feeds").content)

    def decisions(self, cursor: str | None = None) -> Iterator[tuple[DecidedNow, str]]:
        """Every decision behind a cursor, with the cursor to keep once its page is worked off.

        Raises as `put`.
        """
        while True:
            query = {"cursor": cursor} if cursor else {}
            answer = self._ask("GET", "/v1/his/decisions", params=query)
            page = Decisions.model_validate_json(answer.content)
            if not page.decisions:
                return
            cursor = page.cursor
            yield from ((each, page.cursor) for each in page.decisions)

    def say(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Hand in a rating (`/v1/ratings`) or a matter (`/v1/intakes`). Raises as `put`."""
        taken: dict[str, Any] = self._ask("POST", path, json=dict(body)).json()
        return taken

    def keys(self) -> dict[str, Any]:
        """The verifier's public keys (JWKS), which check receipts and webhooks."""
        found: dict[str, Any] = self._http.get("/.well-known/jwks.json").raise_for_status().json()
        return found

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, **said: Any) -> httpx.Response:
        if time.monotonic() >= self._until:
            self._sign_in()
        answer = self._http.request(method, path, **said)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            answer = self._http.request(method, path, **said)
        return _good(answer)

    def _sign_in(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        granted = _good(self._http.post("/v1/token", data=form)).json()
        self._http.headers["authorization"] = f"Bearer {granted['access_token']}"
        self._until = time.monotonic() + float(granted["expires_in"]) - EARLY_S

    def _assertion(self) -> str:
        issued = int(time.time())
        said = {
            "iss": self._client,
            "sub": self._client,
            "aud": f"urn:shualian:verifier:{self._institution}",
            "jti": new_id(),
            "iat": issued,
            "exp": issued + 60,
        }
        payload = json.dumps(said).encode()
        return jose.sign(jose.CLIENT_ASSERTION, self._client, payload, self._key)


def _good(answer: httpx.Response) -> httpx.Response:
    """The answer. Raises `ClientRefused` for a refusal and `httpx.HTTPError` where it may pass."""
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        answer.raise_for_status()
    if answer.status_code != httpx.codes.OK:
        try:
            code = str(answer.json()["code"])
        except (ValueError, KeyError, TypeError):
            code = f"status {answer.status_code}"
        raise ClientRefused(code)
    return answer
