"""Practice receipts: a window as a signed document that a HIS can check by itself."""

from typing import Literal, cast

from verifier.protocol import jose
from verifier.protocol.practice import PracticeReceipt
from verifier.protocol.values import Liveness, new_id, now
from verifier.receipts.issue import issuer_of, pairwise_subject
from verifier.trust.keys import KeyRing

from .windows import Window

State = Literal["confirmed", "provisional", "approved", "denied", "closed"]


def issue(keyring: KeyRing, window: Window, leaf: str) -> str:
    """Sign what the window is now; `exp` is its end as known now. Compact JWS."""
    state = "closed" if window.closed_at and window.state != "denied" else window.state
    receipt = PracticeReceipt(
        iss=issuer_of(window.institution),
        aud=window.institution,
        jti=new_id(),
        iat=int(now().timestamp()),
        nbf=int(window.opened_at.timestamp()),
        exp=int(window.ends_at.timestamp()),
        sub=pairwise_subject(keyring, window.institution, window.practitioner),
        code=window.code,
        window=window.id,
        site=window.site,
        department=window.department,
        state=cast("State", state),
        way="face" if window.way == "face" else "other",
        source="phone" if window.source == "phone" else "terminal",
        liveness=Liveness(window.liveness),
        proof=window.proof,
        simulated=window.simulated,
        ledger_leaf=leaf,
    )
    key = keyring.receipt_key
    return jose.sign(jose.PRACTICE, str(key.kid), receipt.model_dump_json().encode(), key)
