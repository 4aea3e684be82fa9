"""A claim of which one byte was altered is refused, wherever the byte stands."""

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .hospital import Hospital, Terminal, faceless, invent

ZHANG = invent(1)
ALPHABET = string.ascii_letters + string.digits + "-_."


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(where=st.floats(0, 1, exclude_max=True), other=st.sampled_from(ALPHABET + "=+/ \n\0é"))
def test_a_claim_with_one_byte_altered_is_refused_and_leaves_nothing(
    hospital: Hospital, terminal: Terminal, where: float, other: str
) -> None:
    compact = _claim(terminal)
    at = int(where * len(compact))
    if compact[at] == other:
        return
    altered = compact[:at] + other + compact[at + 1 :]
    answer = _send_raw(terminal, altered.encode())
    assert answer.status_code == 401, altered[at - 5 : at + 6]
    assert answer.json()["code"] == "claim.signature_invalid"
    assert hospital.count("decisions") == 0
    assert hospital.count("challenges", "state = 'spent'") == 0


def test_every_character_of_the_signature_counts(terminal: Terminal) -> None:
    """Base64url ends in bits that decode to nothing: a lax decoder lets them vary."""
    compact = _claim(terminal)
    for at in range(compact.rindex(".") + 1, len(compact)):
        others = ALPHABET if at == len(compact) - 1 else ALPHABET[:1]
        for other in set(others) - {compact[at]}:
            altered = compact[:at] + other + compact[at + 1 :]
            assert _send_raw(terminal, altered.encode()).status_code == 401


@pytest.mark.parametrize("cut", [0, 1, 10, -1, -40])
def test_a_cut_claim_is_refused(terminal: Terminal, cut: int) -> None:
    assert _send_raw(terminal, _claim(terminal)[:cut].encode()).status_code == 401


@pytest.mark.parametrize(
    "body",
    [b"", b".", b"..", b"...", b"{}", b"\xff\xfe\x00", b"a.b.c", b"e30.e30.e30", b"bnVsbA.."],
)
def test_what_is_no_claim_is_refused(terminal: Terminal, body: bytes) -> None:
    assert _send_raw(terminal, body).status_code == 401


_CLAIMS: dict[str, str] = {}


def _claim(terminal: Terminal) -> str:
    """One claim a terminal: altering it never spends its challenge."""
    if terminal.id not in _CLAIMS:
        _CLAIMS[terminal.id] = terminal.sign(terminal.challenge(), faceless(ZHANG))
    return _CLAIMS[terminal.id]


def _send_raw(terminal: Terminal, body: bytes):  # type: ignore[no-untyped-def]
    return terminal.http.post(
        "/v1/claims", content=body, headers={"content-type": "application/jose"}
    )
