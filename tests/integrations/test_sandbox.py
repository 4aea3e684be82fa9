"""The sandbox checks what the platform checks, and says of everything that it is a sandbox."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codes import id_number
from codes.qr import QrKind, classify
from codes.regions import UNASSIGNED_REGION
from integrations.nhsa import credential, envelope, transactions
from integrations.nhsa.credential import Desk
from integrations.nhsa.envelope import MessageIds, Sender
from integrations.nhsa.sandbox import checks
from integrations.nhsa.sandbox.people import NotInvented, invented
from tests.waiting import WAIT

from .conftest import Platform

H = "H99010100001"
SENDER = Sender(H, "演示医院", "990101", "YBXT", "op1", "自助终端")
DESK = Desk(H, "op1", "自助终端", "0001", "门诊大厅")
AT = datetime(2026, 1, 2, 16, 4, 5, tzinfo=UTC)
ELSEWHERE = "99010219800101123" + id_number.check_digit("99010219800101123")
"""A valid number, of another region than the one of invented people."""


def transaction(infno: str = "1101", **changes: Any) -> dict[str, Any]:
    """A right request, and what a test makes of it; None takes a member away."""
    content = (
        transactions.sign_in("op1", "00-00", "127.0.0.1")
        if infno == "9001"
        else transactions.person_by_token("token", AT)
    )
    raw = envelope.build(SENDER, infno, MessageIds(H).next(AT), AT, content, sign_no="signed")
    said: dict[str, Any] = json.loads(raw) | changes
    return {name: value for name, value in said.items() if value is not None}


def test_a_right_request_passes() -> None:
    assert checks.envelope(transaction(), {"signed"}) is None
    assert checks.envelope(transaction("9001", sign_no=""), set()) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"msgid": "1"}, "msgid应为30位"),
        ({"msgid": "H99010100002" + "20260103000405" + "0001"}, "本机构编号"),
        ({"msgid": H + "20261303000405" + "0001"}, "msgid时间"),
        ({"mdtrtarea_admvs": None, "mdtrtarea_admdvs": "990101"}, "应为mdtrtarea_admvs"),
        ({"insuplc_admdvs": None, "insuplc_admvs": "990101"}, "应为insuplc_admdvs"),
        ({"mdtrtarea_admvs": "99"}, "mdtrtarea_admvs应为6位"),
        ({"opter_type": "9"}, "opter_type"),
        ({"inf_time": "2026-01-03T00:04:05"}, "inf_time"),
        ({"infno": "1102"}, "infno未开通"),
        ({"recer_sys_code": None}, "recer_sys_code不能为空"),
        ({"opter": "长" * 31}, "opter应为不超过30位"),
        ({"infver": 1}, "infver应为"),
        ({"input": []}, "input应为对象"),
        ({"input": {"data": {"psn_no": "1"}}}, "insuplc_admdvs必填"),
        ({"sign_no": "another"}, "未签到"),
        ({"sign_no": None}, "未签到"),
    ],
)
def test_a_wrong_envelope_is_refused_with_its_reason(changes: dict[str, Any], says: str) -> None:
    assert says in str(checks.envelope(transaction(**changes), {"signed"}))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "缺少节点data"),
        ({"data": {"mdtrt_cert_type": "04", "mdtrt_cert_no": "1"}}, "mdtrt_cert_type"),
        ({"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": ""}}, "mdtrt_cert_no不能为空"),
        ({"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": "1"}}, "card_sn必填"),
        ({"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": "1", "card_sn": "1"}}, None),
    ],
)
def test_1101_is_refused_without_what_it_needs(content: dict[str, Any], says: str | None) -> None:
    found = checks.person(content)
    assert found is None if says is None else says in str(found)


values: st.SearchStrategy[Any] = (
    st.none() | st.integers() | st.text("0aH长", max_size=4) | st.just([]) | st.just({})
)


MEMBERS = [*transaction(), "data", "transType", "orgId"]


@given(said=st.dictionaries(st.sampled_from(MEMBERS), values))
def test_any_object_is_checked_without_failing(said: dict[str, Any]) -> None:
    for check in (checks.credential, checks.sign_in, checks.person):
        assert check(said) is None or check(said)
    assert checks.envelope({**transaction(), **said}, set())


def test_a_transaction_before_the_sign_in_is_refused(platform: Platform) -> None:
    answer = httpx.post(platform.server.info_url, json=transaction(), timeout=WAIT)
    assert (answer.status_code, answer.json()["infcode"]) == (200, -1)
    assert answer.json()["err_msg"] == "【沙箱】未签到或签到已失效，请先签到"


def test_signing_in_opens_1101(platform: Platform) -> None:
    signed = httpx.post(platform.server.info_url, json=transaction("9001"), timeout=WAIT).json()
    sign_no = signed["output"]["signinoutb"]["sign_no"]
    told = httpx.post(platform.server.info_url, json=transaction(sign_no=sign_no), timeout=WAIT)
    answer = told.json()
    assert answer["err_msg"] == "【沙箱】未查询到参保人"
    assert len(answer["inf_refmsgid"]) == 30


@pytest.mark.parametrize("kind", ["nhsa_qr", "face"])
def test_codes_have_the_platforms_shape(platform: Platform, kind: str) -> None:
    codes = {platform.code(kind=kind) for _ in range(20)}
    assert len(codes) == 20
    expected = QrKind.FACE_AUTHORISATION if kind == "face" else QrKind.NHSA_QR
    assert {classify(code).kind for code in codes} == {expected}
    assert all(classify(code).invented for code in codes)


@given(st.integers(0, 999))
def test_invented_people_have_valid_numbers_in_a_region_that_is_nobodys(index: int) -> None:
    somebody = invented(index)
    assert id_number.parse(somebody.number).region == UNASSIGNED_REGION
    assert somebody == invented(index)


@pytest.mark.parametrize("number", [ELSEWHERE, "990101198001011230", "x"])
def test_a_code_for_somebody_who_could_exist_is_not_given(platform: Platform, number: str) -> None:
    url = f"{platform.server.url}/sandbox/codes"
    answer = httpx.post(url, json={"name": "张三", "number": number}, timeout=WAIT)
    assert (answer.status_code, answer.json()["error"]) == (422, NotInvented.code)
    assert number not in answer.text or number == "x"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/codes", b"{"),
        ("/sandbox/codes", b'{"kind": "passport"}'),
        ("/sandbox/present", b'{"index": 1000}'),
        ("/sandbox/knobs", b'{"fault": "flood"}'),
        ("/sandbox/knobs", b'{"fault": "slow", "times": 0}'),
    ],
)
def test_what_is_not_understood_is_refused_without_repeating_it(
    platform: Platform, path: str, body: bytes
) -> None:
    answer = httpx.post(platform.server.url + path, content=body, timeout=WAIT)
    assert answer.status_code == 422
    assert answer.json()["error"] == "sandbox.malformed"


def test_knobs_are_cleared(platform: Platform) -> None:
    platform.knob("busy", times=None)
    request = credential.query(DESK, "ec.query", "01101", "ecQrCode", platform.code())
    assert httpx.post(platform.server.code_url, content=request, timeout=WAIT).status_code == 503
    httpx.delete(f"{platform.server.url}/sandbox/knobs", timeout=WAIT)
    assert httpx.post(platform.server.code_url, content=request, timeout=WAIT).json()["code"] == 0


def test_a_business_number_counts_once(platform: Platform) -> None:
    request = credential.face_check(DESK, "01101", "1", platform.code(kind="face"))
    url = platform.server.code_url
    replies = [httpx.post(url, content=request, timeout=WAIT).json() for _ in range(2)]
    assert [reply["code"] for reply in replies] == [0, -1]


def test_nobody_before_the_terminal_is_authorised(platform: Platform) -> None:
    request = credential.face_authorise(DESK, "01101", "1")
    assert httpx.post(platform.server.code_url, content=request, timeout=WAIT).json()["code"] == -1


NO_NAME = json.dumps(json.loads(credential.read_and_query(DESK, "01101")) | {"transType": []})


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", NO_NAME.encode()])
@pytest.mark.parametrize("path", ["/ec", "/essc", "/info"])
def test_everything_that_it_says_is_marked(platform: Platform, path: str, body: bytes) -> None:
    answer = httpx.post(platform.server.url + path, content=body, timeout=WAIT)
    assert answer.headers["x-shualian-sandbox"] == "1"
    assert answer.json()["sandbox"] is True


def test_an_identity_is_marked_inside_as_well(platform: Platform) -> None:
    request = credential.query(DESK, "ec.query", "01101", "ecQrCode", platform.code())
    reply = httpx.post(platform.server.code_url, content=request, timeout=WAIT).json()
    assert json.loads(reply["data"])["sandbox"] is True


def test_a_code_ends_after_sixty_seconds(platform: Platform) -> None:
    request = credential.query(DESK, "ec.query", "01101", "ecQrCode", platform.code())
    platform.clock.ahead = timedelta(seconds=60)
    reply = httpx.post(platform.server.code_url, content=request, timeout=WAIT).json()
    assert (reply["code"], reply["success"]) == (500159, False)
    assert reply["message"] == "【沙箱】请使用医保电子凭证二维码"
