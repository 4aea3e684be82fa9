"""The institution channel's envelope: one form around every numbered transaction.

The place of treatment is spelled `mdtrtarea_admvs`, the place of insurance `insuplc_admdvs`; both
spellings are the platform's. Pure: nothing is sent here.
"""

import itertools
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from . import plain
from .credential import SANDBOX_MARK

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
MSGID = re.compile(r"([A-Z0-9]{12})([0-9]{14})([0-9]{4})")
"""Of a message: the institution's code, the second in China, a serial number: 30 characters."""

_CODE = re.compile(r"[A-Z0-9]{12}")


@dataclass(frozen=True)
class Sender:
    """The parts of the envelope that one installation always says alike.

    Attributes:
        operator_type: 1 a clerk, 2 a self-service terminal, 3 a mobile terminal.
        receiver: the receiving system's code; a province gives it.
    """

    institution: str
    institution_name: str
    region: str
    receiver: str
    operator: str
    operator_name: str
    operator_type: Literal["1", "2", "3"] = "2"
    version: str = "V1.0"


@dataclass(frozen=True)
class InstitutionReply:
    """A reply taken apart. `infcode` 0 is success, negative a failure.

    Attributes:
        reference: the platform's own number of the exchange (`inf_refmsgid`), for its support.
        output: what the transaction gives back; empty where it failed.
    """

    infcode: int
    message: str = field(repr=False)
    reference: str
    output: Mapping[str, Any] = field(repr=False)
    sandbox: bool


class MessageIds:
    """Message ids of one institution. Safe to share between threads.

    The serial begins anywhere, so that a restart within the second repeats no id but by chance.
    """

    def __init__(self, institution: str, first: int | None = None) -> None:
        """`first` is the first serial; any if None.

        Raises `ValueError` unless the code has the 12 characters that an id begins with."""
        if not _CODE.fullmatch(institution):
            raise ValueError("an institution's code has 12 capitals and digits")
        self._institution = institution
        self._serials = itertools.count(secrets.randbelow(10_000) if first is None else first)

    def next(self, at: datetime) -> str:
        """30 characters."""
        return f"{self._institution}{at.astimezone(CHINA):%Y%m%d%H%M%S}{self._serial():04d}"

    def next_business(self, at: datetime) -> str:
        """29 characters for `outBizNo`: institution, day, and nine digits of second and serial.

        The form is one public system's; up to 64 characters are allowed.
        """
        local = at.astimezone(CHINA)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return f"{self._institution}{local:%Y%m%d}{seconds:05d}{self._serial():04d}"

    def _serial(self) -> int:
        return next(self._serials) % 10_000


def build(
    sender: Sender,
    infno: str,
    msgid: str,
    at: datetime,
    content: Mapping[str, Any],
    *,
    sign_no: str = "",
    insured_at: str = "",
) -> bytes:
    """The bytes of one transaction. `insured_at` stands where the content names a `psn_no`."""
    said = {
        "infno": infno,
        "msgid": msgid,
        "mdtrtarea_admvs": sender.region,
        "insuplc_admdvs": insured_at,
        "recer_sys_code": sender.receiver,
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": sender.version,
        "opter_type": sender.operator_type,
        "opter": sender.operator,
        "opter_name": sender.operator_name,
        "inf_time": f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "fixmedins_code": sender.institution,
        "fixmedins_name": sender.institution_name,
        "sign_no": sign_no,
        "input": dict(content),
    }
    return json.dumps(said, ensure_ascii=False).encode()


def parse(raw: bytes, sandbox: bool = False) -> InstitutionReply:
    """A reply's bytes; `sandbox` where its headers said so already. Raises `ReplyMalformed`."""
    said = plain.document(raw)
    infcode = plain.number(said.get("infcode"))
    output = said.get("output")
    return InstitutionReply(
        infcode=infcode,
        message=plain.text(said.get("err_msg"), 4000),
        reference=plain.text(said.get("inf_refmsgid"), 64),
        output=plain.table(output) if infcode == 0 and output not in (None, "") else {},
        sandbox=sandbox or said.get(SANDBOX_MARK) is True,
    )
