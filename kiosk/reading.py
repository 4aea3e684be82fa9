"""What the terminal's readers say, as the visit knows it: a credential, an age, a sentence of
trouble.
"""

from datetime import date, datetime, timedelta, timezone

from devices.base import Reading
from verifier.protocol.claim import CredentialReading

from .claims import reading_from

OF_AGE = 14
"""Measures on face recognition, Art. 7: under 14 card or guardian."""

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")

MAX_TOKEN = 512
"""Characters of a code that a claim carries; the platforms' are far shorter."""

_KINDS = {
    "resident_id": "resident_id",
    "permit": "permit",
    "social_security_card": "social_security_card",
    "nhsa_qr": "nhsa_qr",
    "nhsa_face_authorisation": "nhsa_qr",
    "e_social_card": "e_social_card",
    "opaque": "e_social_card",
    "hospital_number": "hospital_number",
}
"""A device's kinds and the credentials that they are. 电子社保卡 has no public format, so whatever
nobody else knows is shown to its platform. Other kinds are no credential here.
"""


class NoCredential(Exception):
    """What was read proves nobody's identity here."""


def credential(reading: Reading) -> CredentialReading:
    """The reading as a claim carries it. Raises `NoCredential`."""
    kind = _KINDS.get(reading.kind)
    if kind is None or len(reading.fields.get("token", "")) > MAX_TOKEN:
        raise NoCredential(reading.kind)
    return reading_from(reading, kind)


def is_minor(reading: Reading, today: date | None = None) -> bool | None:
    """Whether the holder is under 14 today, by the card's own date of birth.

    None for a credential that has none, such as a code; a card without its date counts as a
    minor's, since without an age no face is captured.
    """
    if "token" in reading.fields or reading.kind == "hospital_number":
        return None
    today = today or datetime.now(CHINA).date()
    try:
        birth = date.fromisoformat(reading.fields.get("birth", ""))
    except ValueError:
        return True
    had_birthday = (today.month, today.day) >= (birth.month, birth.day)
    return today.year - birth.year - (not had_birthday) < OF_AGE


_READER_DOWN = frozenset(
    {
        "device.unplugged",
        "device.timeout",
        "device.port_denied",
        "device.port_busy",
        "device.port_invalid",
    }
)
TROUBLES = {
    "device.card_removed": "removed",
    "resident_id.reader_error": "reader_down",
    "resident_id.sam_self_test_failed": "reader_down",
    "resident_id.sam_not_authorised": "reader_down",
    "resident_id.command_unknown": "reader_down",
    "resident_id.wrong_card": "other_card",
    "resident_id.certificate_unknown": "other_card",
    "resident_id.sam_not_accepted_by_card": "not_accepted",
    "resident_id.card_not_accepted_by_sam": "not_accepted",
    "resident_id.verification_failed": "not_accepted",
    "resident_id.text_malformed": "not_accepted",
    "resident_id.name_malformed": "not_accepted",
    "resident_id.number_invalid": "not_accepted",
    "resident_id.inconsistent": "not_accepted",
    "smartcard.card_removed": "removed",
    "smartcard.card_mute": "card_unreadable",
    "smartcard.atr_malformed": "card_unreadable",
    "smartcard.protocol_unsupported": "other_card",
    "smartcard.command_unknown": "reader_down",
    "smartcard.reader_error": "reader_down",
    "smartcard.pcsc_missing": "reader_down",
    "smartcard.pcsc_stopped": "reader_down",
    "social_security_card.not_this_card": "other_card",
    "social_security_card.blocked": "not_accepted",
    "social_security_card.access_denied": "not_accepted",
    "social_security_card.not_genuine": "not_accepted",
    "social_security_card.authenticator_unable": "not_accepted",
    "social_security_card.number_invalid": "not_accepted",
    "social_security_card.name_malformed": "not_accepted",
    "social_security_card.inconsistent": "not_accepted",
    "social_security_card.incomplete": "not_accepted",
    "social_security_card.record_malformed": "card_unreadable",
    "social_security_card.card_error": "card_unreadable",
    "vendor.description_invalid": "reader_down",
    "vendor.host_missing": "reader_down",
    "vendor.library_missing": "reader_down",
    "vendor.function_missing": "reader_down",
    "vendor.wrong_bitness": "reader_down",
    "vendor.hung": "reader_down",
    "vendor.crashed": "card_unreadable",
    "vendor.garbled": "card_unreadable",
    "vendor.refused": "card_unreadable",
    "scanner.too_long": "other_code",
    "scanner.control_bytes": "code_unreadable",
    "scanner.undecodable": "code_unreadable",
    "scanner.empty": "code_unreadable",
    "scanner.cut_off": "code_unreadable",
}


def trouble(code: str) -> str:
    """What the screen says about a device's code; `unreadable` where nothing fits better."""
    return "reader_down" if code in _READER_DOWN else TROUBLES.get(code, "unreadable")
