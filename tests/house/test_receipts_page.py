"""The code in docs/receipts.md does what the page says."""

import json
import re
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc.jwk import ECKey

from verifier.protocol import jose
from verifier.protocol.values import now

PAGE = Path(__file__).parents[2] / "docs" / "receipts.md"
KEY = ECKey.generate_key("P-256", {"kid": "r1", "alg": "ES256", "use": "sig"})
JWKS = json.loads(json.dumps({"keys": [KEY.as_dict(private=False)]}))
HOSPITAL, VISIT = "H99990000001", "v" * 22


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    """What the page's two blocks define."""
    names: dict[str, Any] = {"jwks": JWKS}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(block, names)
    return names


def receipt(**changes: object) -> str:
    claims = {
        "iss": "v", "aud": HOSPITAL, "jti": "j" * 22, "iat": int(now().timestamp()),
        "exp": int(now().timestamp()) + 60, "visit": VISIT, "his_visit": None, "simulated": False,
        "outcome": "accepted", "reasons": [],
    }  # fmt: skip
    return jose.sign(jose.RECEIPT, "r1", json.dumps(claims | changes).encode(), KEY)


def test_a_good_receipt_passes_in_both_libraries(page: dict[str, Any]) -> None:
    assert page["check"](receipt(), VISIT, HOSPITAL)["outcome"] == "accepted"
    assert page["signed_claims"](receipt())["visit"] == VISIT


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": "rejected", "reasons": ["face_differs"]}, "face_differs"),
        ({"visit": "w" * 22}, "another visit"),
        ({"simulated": True}, "simulated"),
    ],
)
def test_a_receipt_that_must_not_count_says_why(
    page: dict[str, Any], changes: dict[str, object], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        page["check"](receipt(**changes), VISIT, HOSPITAL)


def test_an_expired_receipt_and_one_for_another_hospital_are_refused(page: dict[str, Any]) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        page["check"](receipt(exp=int(now().timestamp()) - 1), VISIT, HOSPITAL)
    with pytest.raises(jwt.InvalidAudienceError):
        page["check"](receipt(), VISIT, "H99990000002")


def test_a_claim_is_not_a_receipt_though_it_is_signed(page: dict[str, Any]) -> None:
    other = jose.sign(jose.Kind("shualian-checkpoint+jws", "ES256"), "r1", b"{}", KEY)
    with pytest.raises(ValueError, match="another kind"):
        page["check"](other, VISIT, HOSPITAL)
    with pytest.raises(ValueError, match="another kind"):
        page["signed_claims"](other)
