"""What the platform checks of a request before it answers, as far as it is known. Pure: each check
gives the sentence of the refusal, or None."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..envelope import MSGID
from ..transactions import PERSON, SIGN_IN

KNOWN = (SIGN_IN, PERSON)

_REGION = re.compile(r"[0-9]{6}")
_LONGEST = {
    "recer_sys_code": 10, "infver": 6, "opter": 30, "opter_name": 50, "fixmedins_name": 20,
    "dev_no": 100, "dev_safe_info": 2000, "cainfo": 1024, "signtype": 10, "sign_no": 30,
}  # fmt: skip
_NEEDED = ("recer_sys_code", "infver", "opter", "opter_name", "fixmedins_code", "fixmedins_name")
_MISSPELLED = {"mdtrtarea_admdvs": "mdtrtarea_admvs", "insuplc_admvs": "insuplc_admdvs"}

_CREDENTIAL_LONGEST = {
    "orgId": 40, "businessType": 5, "operatorId": 20, "operatorName": 30, "officeId": 20,
    "officeName": 30, "outBizNo": 64, "authNo": 64,
}  # fmt: skip


def envelope(said: Mapping[str, Any], sign_ins: set[str]) -> str | None:
    """The envelope, and that who is not signed in signs in first."""
    return (
        _form(said)
        or _msgid(said)
        or _regions(said)
        or _content(said)
        or (_signed_in(said, sign_ins) if said["infno"] != SIGN_IN else None)
    )


def sign_in(content: Mapping[str, Any]) -> str | None:
    """Input of 9001."""
    said = content.get("signIn")
    if not isinstance(said, dict):
        return "input缺少节点signIn"
    return _missing(said, {"opter_no": 20, "mac": 20, "ip": 20})


def person(content: Mapping[str, Any]) -> str | None:
    """Input of 1101."""
    said = content.get("data")
    if not isinstance(said, dict):
        return "input缺少节点data"
    if said.get("mdtrt_cert_type") not in ("01", "02", "03"):
        return "mdtrt_cert_type应为01、02或03"
    if said["mdtrt_cert_type"] == "03" and not said.get("card_sn"):
        return "mdtrt_cert_type为03时card_sn必填"
    return _missing(said, {"mdtrt_cert_type": 3, "mdtrt_cert_no": 50})


def credential(said: Mapping[str, Any]) -> str | None:
    """A request of the credential channel."""
    data = said.get("data")
    if not isinstance(data, dict) or not isinstance(said.get("transType"), str):
        return "data应为对象，transType应为字符串"
    if not said.get("orgId") or said["orgId"] != data.get("orgId"):
        return "orgId缺失或不一致"
    for name, longest in _CREDENTIAL_LONGEST.items():
        if not isinstance(data.get(name, ""), str) or len(data.get(name, "")) > longest:
            return f"{name}应为不超过{longest}位的字符串"
    if not re.fullmatch(r"[0-9]{5}", data.get("businessType", "")):
        return "businessType应为5位数字"
    return _missing(data, {"operatorId": 20, "operatorName": 30, "officeId": 20})


def _form(said: Mapping[str, Any]) -> str | None:
    if said.get("infno") not in KNOWN:
        return "infno未开通"
    for name, longest in _LONGEST.items():
        value = said.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            return f"{name}应为不超过{longest}位的字符串"
    if absent := [name for name in _NEEDED if not said.get(name)]:
        return f"{absent[0]}不能为空"
    if said.get("opter_type") not in ("1", "2", "3"):
        return "opter_type应为1、2或3"
    return None if _is_time(said.get("inf_time"), "%Y-%m-%d %H:%M:%S") else "inf_time格式有误"


def _msgid(said: Mapping[str, Any]) -> str | None:
    match = MSGID.fullmatch(str(said.get("msgid", "")))
    if match is None:
        return "msgid应为30位：定点编号12位、时间14位、序号4位"
    if match[1] != said.get("fixmedins_code"):
        return "msgid前12位应为本机构编号"
    return None if _is_time(match[2], "%Y%m%d%H%M%S") else "msgid时间有误"


def _regions(said: Mapping[str, Any]) -> str | None:
    for wrong, right in _MISSPELLED.items():
        if wrong in said:
            return f"{wrong}应为{right}"
    if not _REGION.fullmatch(str(said.get("mdtrtarea_admvs", ""))):
        return "mdtrtarea_admvs应为6位"
    return None


def _content(said: Mapping[str, Any]) -> str | None:
    content = said.get("input")
    if not isinstance(content, dict):
        return "input应为对象"
    names_a_person = any(isinstance(part, dict) and part.get("psn_no") for part in content.values())
    if names_a_person and not _REGION.fullmatch(str(said.get("insuplc_admdvs", ""))):
        return "报文含psn_no时insuplc_admdvs必填"
    return None


def _signed_in(said: Mapping[str, Any], sign_ins: set[str]) -> str | None:
    return None if said.get("sign_no") in sign_ins else "未签到或签到已失效，请先签到"


def _missing(said: Mapping[str, Any], needed: Mapping[str, int]) -> str | None:
    for name, longest in needed.items():
        value = said.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            return f"{name}不能为空，且不超过{longest}位"
    return None


def _is_time(said: object, form: str) -> bool:
    try:
        datetime.strptime(str(said), form)  # noqa: DTZ007  (only its form is looked at)
    except ValueError:
        return False
    return True
