"""What the sandbox knows to answer: for each question a reply as a plain object, marked as such."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from codes import id_number
from codes.regions import UNASSIGNED_REGION
from codes.sex import Sex, to_digit

from ..credential import SANDBOX_MARK, TransType
from ..envelope import CHINA
from ..transactions import SIGN_IN
from . import checks
from .knobs import Fault
from .people import Insured, invented
from .state import CodeKind, State

NOT_OURS = 500159
_FAILED = -1
_ACTS_ONCE = frozenset({TransType.FACE_AUTHORISE, TransType.FACE_CHECK})


def credential(
    state: State, said: Mapping[str, Any], code_field: str, kind: CodeKind
) -> dict[str, Any]:
    """The reply to a request of the credential channel."""
    if wrong := checks.credential(said):
        return _credential_failed(said, _FAILED, wrong)
    data, asked = said["data"], said.get("transType")
    if asked in _ACTS_ONCE and not _first_time(state, data):
        return _credential_failed(said, _FAILED, "outBizNo缺失或重复")
    match asked:
        case TransType.QUERY:
            return _identity(state, said, state.holder(str(data.get(code_field, "")), kind))
        case TransType.FACE_CHECK:
            return _identity(state, said, state.holder(data.get("authNo", ""), "face"))
        case TransType.READ_AND_QUERY:
            return _identity(state, said, state.present)
        case TransType.FACE_AUTHORISE if state.present is not None:
            auth_no, _ = state.issue("face", state.present)
            return _credential(said, {"authNo": auth_no})
        case TransType.FACE_AUTHORISE:
            return _credential_failed(said, _FAILED, "终端前没有人")
    return _credential_failed(said, _FAILED, "transType未开通")


def institution(state: State, said: Mapping[str, Any], faults: frozenset[Fault]) -> dict[str, Any]:
    """The reply to a numbered transaction."""
    if wrong := checks.envelope(said, state.sign_ins):
        return _institution_failed(state, wrong)
    content = said["input"]
    if said["infno"] == SIGN_IN:
        if wrong := checks.sign_in(content):
            return _institution_failed(state, wrong)
        signed = {"sign_time": _time(state, "%Y-%m-%d %H:%M:%S"), "sign_no": state.sign_in()}
        return _institution(state, 0, None, {"signinoutb": signed})
    if wrong := checks.person(content):
        return _institution_failed(state, wrong)
    found = _insured(state, content["data"])
    if found is None:
        return _institution_failed(state, "未查询到参保人")
    return _institution(
        state, 0, None, _person(invented(999) if Fault.OTHER_PERSON in faults else found)
    )


def marked(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same with the sandbox's mark."""
    return {**said, SANDBOX_MARK: True}


def _first_time(state: State, data: Mapping[str, Any]) -> bool:
    number = data.get("outBizNo", "")
    if not number or number in state.business_numbers:
        return False
    state.business_numbers.add(number)
    return True


def _identity(state: State, said: Mapping[str, Any], person: Insured | None) -> dict[str, Any]:
    if person is None:
        return _credential_failed(said, NOT_OURS, "请使用医保电子凭证二维码")
    number = id_number.parse(person.number)
    data = {
        "userName": person.name,
        "idNo": person.number,
        "idType": "01",
        "insuOrg": UNASSIGNED_REGION,
        "ecToken": state.ec_token(person),
        "ecIndexNo": person.index,
        "gender": "男" if number.sex is Sex.MALE else "女",
        "birthday": f"{number.birth:%Y.%m.%d}",
        "nationality": "null",
        "email": "",
        "chnlId": "null",
        "authNo": "",
        "ecQrCode": "",
    }
    return _credential(said, data)


def _credential(said: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": 0,
        "message": "【沙箱】成功",
        "orgId": said.get("orgId", ""),
        "data": json.dumps(marked(data), ensure_ascii=False),
        "extra": "",
    }


def _credential_failed(said: Mapping[str, Any], code: int, message: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": f"【沙箱】{message}",
        "orgId": said.get("orgId", ""),
        "data": None,
        "extra": "",
        "success": False,
    }


def _insured(state: State, data: Mapping[str, Any]) -> Insured | None:
    """By the token of an electronic credential. Of the other two ways the sandbox knows nobody."""
    return state.tokens.get(data["mdtrt_cert_no"]) if data["mdtrt_cert_type"] == "01" else None


def _person(found: Insured) -> dict[str, Any]:
    number = id_number.parse(found.number)
    base = {
        "psn_no": found.index[:30],
        "psn_cert_type": "01",
        "certno": found.number,
        "psn_name": found.name,
        "gend": to_digit(number.sex),
        "naty": "01",
        "brdy": f"{number.birth:%Y-%m-%d}",
        "exp_content": None,
    }
    insurance = {
        "balc": 0,
        "insutype": "310",
        "psn_type": "11",
        "psn_insu_stas": "1",
        "insuplc_admdvs": UNASSIGNED_REGION,
        "emp_name": "沙箱单位",
    }
    return {"baseinfo": base, "insuinfo": [insurance], "idetinfo": []}


def _institution(
    state: State, infcode: int, message: str | None, output: Mapping[str, Any] | None
) -> dict[str, Any]:
    serial = f"{secrets.randbelow(10**10):010d}"
    moment = _time(state, "%Y%m%d%H%M%S%f")[:17]
    return {
        "infcode": infcode,
        "inf_refmsgid": f"{UNASSIGNED_REGION}{_time(state, '%Y%m%d%H%M%S')}{serial}",
        "refmsg_time": moment,
        "respond_time": moment,
        "err_msg": message,
        "warn_msg": None,
        "cainfo": None,
        "signtype": None,
        "enctype": None,
        "output": None if output is None else marked(output),
    }


def _institution_failed(state: State, message: str) -> dict[str, Any]:
    return _institution(state, _FAILED, f"【沙箱】{message}", None)


def _time(state: State, form: str) -> str:
    return state.clock().astimezone(CHINA).strftime(form)
