"""`NationEcTrans` through both hosts, and its JSON by itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import vendor
from devices.errors import BadFrame, Refused
from devices.vendor import transactions

from .conftest import Described

FUNCTIONS = """
[functions.NationEcTrans]
arguments = [{ in = "http://127.0.0.1/" }, { given = "request" }, { out = 8192 }]
returns = "text"
success = "0000"
deadline = 30

[transaction]
function = "NationEcTrans"
"""
NUMBER = "990101199002280010"
REPLY = {
    "code": 0,
    "message": "",
    "orgId": "H99",
    "data": json.dumps({"idNo": NUMBER}),
    "extra": "",
}


def test_a_json_is_answered_with_a_json(described: Described) -> None:
    described.put("reply", json.dumps(REPLY, ensure_ascii=False))
    with vendor.open(described.write(FUNCTIONS)) as reader:
        reply = reader.transact("ec.query", {"operatorName": "演示员"}, org_id="H99")
    assert reply.data == {"idNo": NUMBER}
    assert NUMBER not in repr(reply)
    assert (described.folder / "url").read_bytes() == b"http://127.0.0.1/"
    assert json.loads((described.folder / "request").read_bytes().decode("gb18030")) == {
        "orgId": "H99",
        "transType": "ec.query",
        "data": {"operatorName": "演示员"},
        "extra": "",
    }


def test_any_other_text_than_0000_is_a_refusal(described: Described) -> None:
    with vendor.open(described.write(FUNCTIONS)) as reader, pytest.raises(Refused) as failure:
        reader.transact("ec.query", {}, org_id="H99")
    assert (failure.value.code, failure.value.note) == (
        "vendor.refused",
        "NationEcTrans: code E001",
    )


def test_a_reply_that_is_no_text_is_garbled_and_the_next_one_is_taken(described: Described) -> None:
    (described.folder / "reply").write_bytes(b"\xff\xff")
    with vendor.open(described.write(FUNCTIONS)) as reader:
        with pytest.raises(BadFrame) as failure:
            reader.transact("ec.query", {}, org_id="H99")
        assert failure.value.code == "vendor.garbled"
        described.put("reply", json.dumps(REPLY))
        assert reader.transact("ec.query", {}, org_id="H99").data == {"idNo": NUMBER}


def test_a_text_that_the_library_cannot_be_given_is_refused_before_it_is_called(
    described: Described,
) -> None:
    with vendor.open(described.write(FUNCTIONS)) as reader, pytest.raises(Refused):
        reader.transact("ec.query", {"x": "\ud800"}, org_id="H99")
    assert not (described.folder / "request").exists()


def test_a_reader_without_a_transaction_says_so(described: Described) -> None:
    path = described.write("[functions.Nothing]\narguments = []\n")
    with vendor.open(path) as reader, pytest.raises(Refused) as failure:
        reader.transact("ec.query", {}, org_id="H99")
    assert failure.value.code == "vendor.description_invalid"


@pytest.mark.parametrize("data", ['{"a":1}', {"a": 1}])
def test_data_is_taken_as_a_text_and_as_an_object(data: object) -> None:
    assert transactions.parse(json.dumps(REPLY | {"data": data})).data == {"a": 1}


@pytest.mark.parametrize("data", [None, "", {}])
def test_data_that_is_empty_is_an_empty_object(data: object) -> None:
    assert transactions.parse(json.dumps(REPLY | {"data": data})).data == {}


@pytest.mark.parametrize("code", [-1, 1, "E01", None, True, False, 0.5, [], "张三的错误"])
def test_a_reply_with_another_code_is_a_refusal_that_names_nobody(code: object) -> None:
    with pytest.raises(Refused) as failure:
        transactions.parse(json.dumps(REPLY | {"code": code, "message": "张三"}))
    assert failure.value.code == "vendor.refused"
    assert failure.value.note.isascii()


@given(
    st.text()
    | st.dictionaries(
        st.sampled_from(["code", "data", "extra"]),
        st.none() | st.integers(-1, 1) | st.text() | st.lists(st.integers()),
    ).map(json.dumps)
)
def test_any_text_is_a_reply_or_a_typed_error(text: str) -> None:
    try:
        reply = transactions.parse(text)
    except (Refused, BadFrame) as error:
        assert error.code in ("vendor.refused", "vendor.garbled")  # noqa: PT017
        return
    assert isinstance(reply.data, dict)
