"""The credential channel's messages: `{orgId, transType, data, extra}` there, `{code, message,
orgId, data, extra}` back, where `data` is JSON in a string.

Field names and lengths follow two public systems. Pure: nothing is sent here.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from . import plain

SANDBOX_MARK = "sandbox"
"""A key that only our own sandbox's answers have."""


class TransType(StrEnum):
    """What is asked."""

    QUERY = "ec.query"
    """Whom does this code stand for?"""
    READ_AND_QUERY = "cn.nhsa.qrcode.get"
    """The same for a code that the platform's own terminal reads."""
    FACE_AUTHORISE = "cn.nhsa.ec.auth"
    """The platform's own terminal checks a face, and gives an authorisation number."""
    FACE_CHECK = "cn.nhsa.auth.check"
    """Whom does this authorisation number stand for?"""


@dataclass(frozen=True)
class Desk:
    """Who asks, as the platform's records show it: operator and department, never a patient."""

    org_id: str
    operator: str
    operator_name: str
    office: str
    office_name: str
    device_type: str = "SelfService"


@dataclass(frozen=True)
class CredentialReply:
    """A reply taken apart. `code` 0 is success; `data` stays closed until it is asked for."""

    code: str
    message: str = field(repr=False)
    data: object = field(repr=False)
    sandbox: bool

    @property
    def succeeded(self) -> bool:
        """Whether there is data."""
        return self.code == "0"


@dataclass(frozen=True)
class IdentitySet:
    """Whom the platform says a code stands for. Its `repr` shows nothing personal.

    Attributes:
        id_type: the platform's code for the document, `01` a resident's.
        region: `insuOrg`, where the person is insured, or empty.
    """

    name: str = field(repr=False)
    number: str = field(repr=False)
    id_type: str
    region: str = field(default="", repr=False)
    ec_token: str = field(default="", repr=False)
    ec_index: str = field(default="", repr=False)


def query(desk: Desk, trans_type: str, business: str, code_field: str, code: str) -> bytes:
    """Whom does `code` stand for?

    `code_field` names the member that carries it. In public systems the platform's own library
    reads the scanner and adds the code itself, so that name is not confirmed.
    """
    data = _asked(desk, business) | {"deviceType": desk.device_type, code_field: code}
    return _request(desk, trans_type, data)


def read_and_query(desk: Desk, business: str) -> bytes:
    """Read a code at the platform's own terminal, and say whom it stands for."""
    return _request(desk, TransType.READ_AND_QUERY, _asked(desk, business))


def face_authorise(desk: Desk, business: str, out_biz_no: str) -> bytes:
    """Check a face at the platform's own terminal. `out_biz_no` is new for every request."""
    data = _asked(desk, business) | {"outBizNo": out_biz_no, "extData": ""}
    return _request(desk, TransType.FACE_AUTHORISE, data)


def face_check(desk: Desk, business: str, out_biz_no: str, auth_no: str) -> bytes:
    """Whom does the authorisation number stand for?"""
    data = _asked(desk, business) | {"outBizNo": out_biz_no, "extData": "", "authNo": auth_no}
    return _request(desk, TransType.FACE_CHECK, data)


def parse(raw: bytes, sandbox: bool = False) -> CredentialReply:
    """A reply's bytes; `sandbox` where its headers said so already. Raises `ReplyMalformed`."""
    said = plain.document(raw)
    code = plain.text(said.get("code"), 16)
    if not code:
        raise plain.ReplyMalformed("no code")
    return CredentialReply(
        code=code,
        message=plain.text(said.get("message"), 2000),
        data=said.get("data"),
        sandbox=sandbox or said.get(SANDBOX_MARK) is True,
    )


def identity_of(reply: CredentialReply) -> IdentitySet:
    """The identity in a reply that succeeded. Raises `ReplyMalformed` where none is in it."""
    data = plain.table(reply.data)
    found = IdentitySet(
        name=plain.text(data.get("userName"), 50),
        number=plain.text(data.get("idNo"), 50),
        id_type=plain.text(data.get("idType"), 6),
        region=plain.text(data.get("insuOrg"), 12),
        ec_token=plain.text(data.get("ecToken"), 64),
        ec_index=plain.text(data.get("ecIndexNo"), 64),
    )
    if not (found.name and found.number):
        raise plain.ReplyMalformed("no name or no number")
    return found


def auth_no_of(reply: CredentialReply) -> str:
    """The authorisation number in a reply that succeeded. Raises `ReplyMalformed`."""
    auth_no = plain.text(plain.table(reply.data).get("authNo"), 64)
    if not auth_no:
        raise plain.ReplyMalformed("no authNo")
    return auth_no


def _asked(desk: Desk, business: str) -> dict[str, str]:
    return {
        "orgId": desk.org_id,
        "businessType": business,
        "operatorId": desk.operator,
        "operatorName": desk.operator_name,
        "officeId": desk.office,
        "officeName": desk.office_name,
    }


def _request(desk: Desk, trans_type: str, data: dict[str, Any]) -> bytes:
    said = {"orgId": desk.org_id, "transType": trans_type, "data": data, "extra": ""}
    return json.dumps(said, ensure_ascii=False).encode()
