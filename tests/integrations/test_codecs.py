"""The codecs are total: whatever comes back is a value or a typed error."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.nhsa import credential, envelope, headers, plain, transactions
from integrations.nhsa.credential import Desk, IdentitySet
from integrations.nhsa.envelope import MSGID, MessageIds, Sender
from integrations.nhsa.plain import ReplyMalformed
from integrations.nhsa.sandbox import checks

H = "H99010100001"
DESK = Desk(H, "op1", "自助终端", "0001", "门诊大厅")
SENDER = Sender(H, "演示医院", "990101", "YBXT", "op1", "自助终端")
AT = datetime(2026, 1, 2, 16, 4, 5, tzinfo=UTC)

words = st.text('0189aXnul{}[]" \x00长', max_size=12)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | words
documents = leaves | st.lists(leaves, max_size=3) | st.dictionaries(words, leaves, max_size=3)
NAMES = [
    "code", "data", "message", "infcode", "output", "err_msg", "userName", "idNo", "idType",
    "ecToken", "authNo", "baseinfo", "insuinfo", "psn_no", "certno", "signinoutb", "sign_no",
]  # fmt: skip
replies = st.dictionaries(
    st.sampled_from(NAMES),
    documents | st.dictionaries(st.sampled_from(NAMES), documents).map(json.dumps),
)


def read_identity(raw: bytes) -> object:
    return credential.identity_of(credential.parse(raw))


def read_auth_no(raw: bytes) -> object:
    return credential.auth_no_of(credential.parse(raw))


def read_person(raw: bytes) -> object:
    return transactions.person_of(envelope.parse(raw).output)


def read_sign_in(raw: bytes) -> object:
    return transactions.sign_no_of(envelope.parse(raw).output)


READERS = [read_identity, read_auth_no, read_person, read_sign_in]


def value_or_typed_error(read: Callable[[bytes], object], raw: bytes) -> None:
    with suppress(ReplyMalformed):
        assert read(raw) is not None


@pytest.mark.parametrize("read", READERS)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_typed_error(read: Callable[[bytes], Any], raw: bytes) -> None:
    value_or_typed_error(read, raw)


@pytest.mark.parametrize("read", READERS)
@given(said=replies)
def test_any_reply_is_a_value_or_a_typed_error(
    read: Callable[[bytes], Any], said: dict[str, Any]
) -> None:
    value_or_typed_error(read, json.dumps(said).encode())


@pytest.mark.parametrize("raw", [b"[" * 200_000, b'{"a":' * 100_000, b"1" * 200_000, b"\xff\xfe"])
def test_replies_made_to_exhaust_the_reader_are_refused(raw: bytes) -> None:
    with pytest.raises(ReplyMalformed):
        plain.document(raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_reply_in_either_encoding_is_read(encoding: str) -> None:
    said = {"message": "请使用医保电子凭证二维码"}
    raw = json.dumps(said, ensure_ascii=False).encode(encoding)
    assert plain.document(raw) == said


@pytest.mark.parametrize(
    ("value", "read"), [(0, "0"), ("0", "0"), (" 01 ", "01"), (None, ""), ("null", "")]
)
def test_numbers_nulls_and_strings_read_alike(value: object, read: str) -> None:
    assert plain.text(value, 10) == read


@pytest.mark.parametrize("value", [True, 1.5, [], {}, "a\x00b", "长" * 11, 10**30])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ReplyMalformed):
        plain.text(value, 10)


@pytest.mark.parametrize("infcode", [0, "0", -1, "-1"])
def test_infcode_is_a_number_or_a_string_and_err_msg_may_be_null(infcode: object) -> None:
    said = {"infcode": infcode, "err_msg": None, "output": {"a": 1}}
    reply = envelope.parse(json.dumps(said).encode())
    assert reply.infcode == int(str(infcode))
    assert dict(reply.output) == ({"a": 1} if reply.infcode == 0 else {})
    assert reply.message == ""


IDENTITY = {
    "userName": "张演一",
    "idNo": "990101198001011239",
    "idType": 1,
    "insuOrg": "990101",
    "ecToken": "990101ec0",
    "chnlId": "null",
}


@pytest.mark.parametrize("data", [IDENTITY, json.dumps(IDENTITY)])
def test_data_is_an_object_or_the_json_of_one(data: object) -> None:
    reply = credential.parse(json.dumps({"code": "0", "data": data}).encode())
    assert reply.succeeded
    found = credential.identity_of(reply)
    assert found.number == IDENTITY["idNo"]
    assert found.id_type == "1"


@pytest.mark.parametrize("by_header", [False, True])
@pytest.mark.parametrize("mark", [{}, {"sandbox": True}, {"sandbox": "no"}])
def test_either_mark_of_a_sandbox_is_believed(mark: dict[str, Any], by_header: bool) -> None:
    due = by_header or mark == {"sandbox": True}
    raw = json.dumps({"code": 0, "infcode": 0, **mark}).encode()
    assert credential.parse(raw, by_header).sandbox is due
    assert envelope.parse(raw, by_header).sandbox is due


def test_nothing_personal_shows_in_a_repr() -> None:
    reply = credential.parse(
        json.dumps({"code": 0, "message": "张演一", "data": IDENTITY}).encode()
    )
    found = credential.identity_of(reply)
    assert found == IdentitySet("张演一", "990101198001011239", "1", "990101", "990101ec0")
    for shown in (repr(reply), repr(found)):
        assert "张演一" not in shown
        assert "990101" not in shown


def test_a_message_id_is_the_institution_the_second_in_china_and_a_serial() -> None:
    ids = MessageIds(H, first=9999)
    assert ids.next(AT) == "H99010100001202601030004059999"
    assert ids.next(AT) == "H99010100001202601030004050000"


@given(
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    first=st.integers(0, 10**9),
)
def test_every_message_id_has_the_platforms_form(at: datetime, first: int) -> None:
    ids = MessageIds(H, first)
    msgids = {ids.next(at) for _ in range(20)}
    assert len(msgids) == 20
    assert all(MSGID.fullmatch(each) and len(each) == 30 for each in msgids)
    assert len({ids.next_business(at) for _ in range(20)}) == 20
    assert len(ids.next_business(at)) == 29


@pytest.mark.parametrize("code", ["", "H9901010000", "h99010100001", "H990101000012"])
def test_an_institution_without_twelve_characters_has_no_message_ids(code: str) -> None:
    with pytest.raises(ValueError, match="12"):
        MessageIds(code)


@given(content=st.dictionaries(words, documents, max_size=3))
def test_every_envelope_passes_the_platforms_checks_of_form(content: dict[str, Any]) -> None:
    msgid = MessageIds(H).next(AT)
    raw = envelope.build(SENDER, "1101", msgid, AT, content, sign_no="s", insured_at="990101")
    said = json.loads(raw)
    assert said["input"] == json.loads(json.dumps(content))
    assert checks.envelope(said, {"s"}) is None


@given(code=words, name=st.sampled_from(["ecQrCode", "qrCode"]))
def test_a_code_stands_in_the_one_field_that_is_named_for_it(code: str, name: str) -> None:
    said = json.loads(credential.query(DESK, "ec.query", "01101", name, code))
    assert said["data"][name] == code
    assert said["transType"] == "ec.query"
    assert checks.credential(said) is None


def test_a_gateways_signature_is_over_second_token_nonce_and_second() -> None:
    signed = headers.tif("x-rio", "account", "token", AT, "nonce")
    assert signed == {
        "x-rio-paasid": "account",
        "x-rio-timestamp": "1767369845",
        "x-rio-nonce": "nonce",
        # printf %s 1767369845tokennonce1767369845 | sha256sum
        "x-rio-signature": "ab0880a3fdf6886f96d87f4acd916fb5b8b289f46f3d762554fe0e5f90f4fd43",
    }
