"""The demo's HIS: asks for receipts by its own key, and checks them from the public keys alone."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
from joserfc.jwk import ECKey

from verifier.protocol import jose
from verifier.protocol.decision import ClaimAnswer
from verifier.protocol.practice import (
    CheckedIn,
    Introspection,
    PracticeReceiptRefused,
    Question,
    check_practice_receipt,
)
from verifier.protocol.receipt import ReceiptRefused, check_receipt
from verifier.protocol.values import Outcome, new_id, now
from verifier.receipts.issue import issuer_of

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class His:
    """A machine client of one institution (`private_key_jwt`, RFC 7523)."""

    def __init__(self, url: str, client: str, institution: str, key: ECKey) -> None:
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._client, self._institution, self._key = client, institution, key

    def sign_in(self) -> None:
        """Buy an access token and fetch the public keys. Raises `httpx.HTTPError`."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }
        granted = self._http.post("/v1/token", data=form).raise_for_status().json()
        self._http.headers["authorization"] = f"Bearer {granted['access_token']}"
        self._jwks: dict[str, Any] = (
            self._http.get("/.well-known/jwks.json").raise_for_status().json()
        )

    def _assertion(self) -> str:
        issued = int(now().timestamp())
        said = {
            "iss": self._client,
            "sub": self._client,
            "aud": issuer_of(self._institution),
            "jti": new_id(),
            "iat": issued,
            "exp": issued + 60,
        }
        payload = json.dumps(said).encode()
        return jose.sign(jose.CLIENT_ASSERTION, self._client, payload, self._key)

    def trusts(self, answer: ClaimAnswer) -> bool:
        """Whether the receipt that we are given is the one that the terminal got, and says so.

        It must verify for just this visit; one that was not accepted must be refused for that, and
        each must be refused as simulated by whoever does not ask for simulated ones.
        """
        mine = self._http.get(f"/v1/receipts/{answer.receipt_id}")
        if mine.status_code != httpx.codes.OK or mine.text.strip() != answer.receipt:
            return False
        accepted = answer.decision.outcome is Outcome.ACCEPTED
        visit = answer.decision.visit
        return (
            self._says(answer.receipt, visit, simulated=True)
            == (None if accepted else "receipt.not_accepted")
            and self._says(answer.receipt, visit, simulated=False) == "receipt.simulated"
            and self._says(answer.receipt, new_id(), simulated=True) == "receipt.other_visit"
        )

    def _says(self, compact: str, visit: str, *, simulated: bool) -> str | None:
        """The code for which the receipt is refused, or None."""
        try:
            check_receipt(
                compact,
                self._jwks,
                audience=self._institution,
                visit=visit,
                accept_simulated=simulated,
            )
        except ReceiptRefused as refused:
            return refused.code
        return None

    def may_settle(self, code: str, at: datetime) -> Introspection:
        """What the verifier says of this practitioner's work at that moment.

        Raises `httpx.HTTPError`.
        """
        asked = Question(code=code, at=at).model_dump_json()
        answer = self._http.post("/v1/practice/introspect", content=asked).raise_for_status()
        return Introspection.model_validate_json(answer.content)

    def trusts_window(self, answer: CheckedIn, code: str) -> bool:
        """Whether the practice receipt, checked from the public keys alone, is of this code."""
        if answer.receipt is None or answer.opened_at is None:
            return False
        try:
            found = check_practice_receipt(
                answer.receipt,
                self._jwks,
                audience=self._institution,
                at=answer.opened_at + timedelta(seconds=1),
                accept_simulated=True,
            )
        except PracticeReceiptRefused:
            return False
        return (found.code, found.window) == (code, answer.window)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()
