"""Words under the institution's key, each bound to its place."""

from verifier.trust.keys import KeyRing
from verifier.trust.sealing import seal, unseal

LABEL = "ratings-words"


def closed(keyring: KeyRing, institution: str, words: str | None, place: str) -> bytes | None:
    """Sealed words; None where there are none."""
    if not words:
        return None
    return seal(keyring.derive(LABEL, institution), words.encode(), place)


def opened(keyring: KeyRing, institution: str, sealed: bytes | None, place: str) -> str:
    """The words; empty where there are none, or their time is over."""
    if sealed is None:
        return ""
    return unseal(keyring.derive(LABEL, institution), sealed, place).decode()


def text_place(rating: str) -> str:
    """Of a rating's free text."""
    return f"ratings.text/{rating}"


def said_place(intake: str) -> str:
    """Of the matter."""
    return f"intakes.said/{intake}"


def reach_place(intake: str) -> str:
    """Of the way to be reached."""
    return f"intakes.reach/{intake}"


def words_place(intake: str, place: int) -> str:
    """Of one step."""
    return f"intake_steps.words/{intake}/{place}"
