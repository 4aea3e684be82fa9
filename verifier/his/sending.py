"""One message to one address: signed, sent once, and what came back as a short word."""

import httpx

from verifier.protocol import jose
from verifier.protocol.his import DecidedNow, Told
from verifier.protocol.values import now
from verifier.receipts.issue import issuer_of
from verifier.trust.keys import KeyRing

from .addresses import AddressRefused, target

PATIENCE_S = 5.0
MEDIA_TYPE = "application/jwt"
TAKEN = range(200, 300)


def signed(keyring: KeyRing, institution: str, delivery: str, decided: DecidedNow | None) -> str:
    """The message as a compact JWS; a trial where there is no decision."""
    said = Told(
        iss=issuer_of(institution),
        aud=institution,
        jti=delivery,
        iat=int(now().timestamp()),
        event="decision.made" if decided else "webhook.tried",
        data=decided,
    )
    key = keyring.receipt_key
    payload = said.model_dump_json(exclude_none=decided is None).encode()
    return jose.sign(jose.WEBHOOK, str(key.kid), payload, key)


class Sender:
    """Sends. One connection a message: addresses are few, and each is looked up anew."""

    def __init__(self, *, public: bool = False, patience_s: float = PATIENCE_S) -> None:
        """`public` lets addresses outside private networks pass."""
        self._public, self._patience = public, patience_s

    def send(self, url: str, delivery: str, compact: str) -> tuple[bool, str]:
        """Whether it was taken (a status of 2xx), and the status or a code. Raises nothing of the
        network's."""
        try:
            where = target(url, public=self._public)
            status = self._post(where.url, where.host, where.name, delivery, compact)
        except AddressRefused as refused:
            return False, refused.code
        except httpx.TimeoutException:
            return False, "webhook.timeout"
        except (httpx.HTTPError, httpx.InvalidURL):
            return False, "webhook.unreachable"
        if 300 <= status < 400:
            return False, "webhook.redirected"
        return status in TAKEN, str(status)

    def _post(self, url: str, host: str, name: str, delivery: str, compact: str) -> int:
        headers = {"host": host, "content-type": MEDIA_TYPE, "webhook-id": delivery}
        with (
            httpx.Client(timeout=self._patience, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                url,
                content=compact.encode(),
                headers=headers,
                extensions={"sni_hostname": name},
            ) as answer,
        ):
            return answer.status_code  # what else it says is not read
