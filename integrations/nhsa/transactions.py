"""The two transactions that are spoken: 9001 sign-in (签到) and 1101 person (人员基本信息获取)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import plain
from .envelope import CHINA

SIGN_IN = "9001"
PERSON = "1101"

BY_CREDENTIAL = "01"
"""`mdtrt_cert_type` of an electronic credential: its token stands in `mdtrt_cert_no`."""

INSURED = "1"
"""`psn_insu_stas` of an insurance in force."""


@dataclass(frozen=True)
class InsuredPerson:
    """What 1101 says of a person, as far as it is used. Its `repr` shows nothing personal."""

    psn_no: str = field(repr=False)
    number: str = field(repr=False)
    name: str = field(repr=False)
    region: str = field(repr=False)
    """Where the insurance in force is (`insuplc_admdvs`), else the first one named, or empty."""


def sign_in(operator: str, mac: str, address: str) -> dict[str, Any]:
    """Input of 9001."""
    return {"signIn": {"opter_no": operator, "mac": mac, "ip": address}}


def sign_no_of(output: Mapping[str, Any]) -> str:
    """The sign-in's number, up to 30 characters. Raises `ReplyMalformed`."""
    said = plain.table(output.get("signinoutb"))
    sign_no = plain.text(said.get("sign_no"), 30)
    if not sign_no:
        raise plain.ReplyMalformed("no sign_no")
    return sign_no


def person_by_token(ec_token: str, at: datetime) -> dict[str, Any]:
    """Input of 1101 for an electronic credential's token."""
    return {
        "data": {
            "mdtrt_cert_type": BY_CREDENTIAL,
            "mdtrt_cert_no": ec_token,
            "card_sn": "",
            "begntime": f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
            "psn_cert_type": "",
            "certno": "",
            "psn_name": "",
        }
    }


def person_of(output: Mapping[str, Any]) -> InsuredPerson:
    """The person that 1101 found. Raises `ReplyMalformed`."""
    base = plain.table(output.get("baseinfo"))
    psn_no = plain.text(base.get("psn_no"), 30)
    if not psn_no:
        raise plain.ReplyMalformed("no psn_no")
    return InsuredPerson(
        psn_no=psn_no,
        number=plain.text(base.get("certno"), 50),
        name=plain.text(base.get("psn_name"), 50),
        region=_region(output.get("insuinfo")),
    )


def _region(insurances: object) -> str:
    if insurances is None:
        return ""
    if not isinstance(insurances, list):
        raise plain.ReplyMalformed("insuinfo is no list")
    named = [plain.table(insurance) for insurance in insurances[:32]]
    in_force = [one for one in named if plain.text(one.get("psn_insu_stas"), 6) == INSURED]
    first = next(iter(in_force or named), {})
    return plain.text(first.get("insuplc_admdvs"), 6)
