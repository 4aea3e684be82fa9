"""Both host programs by the protocol's bytes: what they answer, and that any bytes are answered."""

import base64
import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.errors import BadFrame, Refused, Unplugged
from devices.vendor import frames
from devices.vendor.host_process import Host, command_of

WAIT_S = 60.0
ENDINGS = {0, 1, 2, 3}
"""Closed or said bye, cut off, too long, memory spoiled: nothing else, and no signal."""
FUZZ = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def host(host_program: Path | None) -> Iterator[Host]:
    host = Host(command_of(host_program))
    yield host
    host.kill()


@pytest.fixture
def loaded(host: Host, library: Path, tmp_path: Path) -> Host:
    load(host, library, tmp_path)
    return host


@pytest.fixture
def commands(watched_host: Path) -> list[list[str]]:
    return [command_of(watched_host), command_of(None)]


def load(host: Host, library: Path, folder: Path, *functions: str) -> None:
    rest = {"library": str(library), "working_folder": str(folder), "functions": functions}
    host.ask("load", rest, WAIT_S)


def call(
    host: Host,
    function: str,
    *arguments: Mapping[str, object],
    convention: str = "cdecl",
    returns: str = "int32",
) -> Mapping[str, object]:
    rest = {
        "function": function,
        "convention": convention,
        "arguments": arguments,
        "returns": returns,
    }
    return host.ask("call", rest, WAIT_S)


def ints(*values: int) -> list[Mapping[str, object]]:
    return [{"in": value} for value in values]


def fed(command: list[str], stream: bytes) -> tuple[int, list[dict[str, object]], bytes]:
    """How a host ends on these bytes, what it answers, and what of its output is no frame."""
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        command, input=stream, capture_output=True, timeout=WAIT_S, env=environment, check=False
    )
    buffer, answers = frames.FrameBuffer(), []
    buffer.feed(done.stdout)
    while (body := buffer.pop()) is not None:
        answers.append(json.loads(body))
    return done.returncode, answers, bytes(buffer._held)


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


def test_a_host_says_which_protocol_and_bitness_it_has(host: Host) -> None:
    hello = host.hello(WAIT_S)
    assert (hello.protocol, hello.bitness, hello.pid) == (1, 64, host.pid)


def test_the_host_of_32_bits_says_so(c_host_32: Path) -> None:
    host = Host(command_of(c_host_32))
    assert host.hello(WAIT_S).bitness == 32
    host.close(WAIT_S)


def test_eight_numbers_arrive_in_their_order_with_their_signs(loaded: Host) -> None:
    answer = call(loaded, "Sum", *ints(1, -2, 3, -4, 5, -6, 7, -2_000))
    assert answer["returned"] == 1 - 4 + 9 - 16 + 25 - 36 + 49 - 16_000


def test_the_same_on_32_bits(c_host_32: Path, library_32: Path, tmp_path: Path) -> None:
    host = Host(command_of(c_host_32))
    load(host, library_32, tmp_path)
    for _ in range(100):
        answer = call(host, "Sum", *ints(1, -2, 3, -4, 5, -6, 7, -2_000))
        assert answer["returned"] == 1 - 4 + 9 - 16 + 25 - 36 + 49 - 16_000
        text = {"in": "四字"}
        answer = call(host, "Weigh", {"in": -3}, text, {"in": 5}, convention="stdcall")
        assert answer["returned"] == -13
    host.close(WAIT_S)


def test_texts_and_bytes_arrive_closed_by_nul(loaded: Host) -> None:
    said = '四\u00e9\U0001f600"\\\n'
    for text in ({"in": said}, frames.bytes_argument(said.encode())):
        answer = call(loaded, "Weigh", {"in": 1}, text, {"in": 100})
        assert answer["returned"] == 100 + len(said.encode())


def test_a_text_that_is_none_is_empty(loaded: Host) -> None:
    assert call(loaded, "Nothing", returns="text")["returned"] == ""


def test_outputs_come_back_whole_and_empty_where_nothing_was_written(loaded: Host) -> None:
    answer = call(loaded, "Refuse", {"out": 10})
    outputs = answer["outputs"]
    assert isinstance(outputs, list)
    assert base64.b64decode(outputs[0]) == b"nothing\0\0\0"
    assert answer["returned"] == -2202


def test_the_largest_outputs_fit_into_a_frame(loaded: Host) -> None:
    sizes = [frames.MAX_OUT // 8] * 8
    rest = [{"out": size} for size in sizes]
    result = frames.result_of(call(loaded, "ReadSFZ", *rest[:8]), sizes, text=False)
    assert result.returned == -1
    with pytest.raises(Refused, match="malformed"):
        call(loaded, "Refuse", {"out": frames.MAX_OUT}, {"out": 1})


def test_a_library_is_loaded_once_and_again_after_it_was_let_go(
    host: Host, library: Path, tmp_path: Path
) -> None:
    for refused in ("unload", "call"):
        with pytest.raises(Refused, match="not_loaded"):
            host.ask("unload", {}, WAIT_S) if refused == "unload" else call(host, "Sum")
    load(host, library, tmp_path, "Sum", "Refuse")
    with pytest.raises(Refused, match="already_loaded"):
        load(host, library, tmp_path)
    host.ask("unload", {}, WAIT_S)
    with pytest.raises(Unplugged, match="function_missing Summe"):
        load(host, library, tmp_path, "Sum", "Summe")
    load(host, library, tmp_path)
    with pytest.raises(Unplugged, match="function_missing"):
        call(host, "Summe")
    assert call(host, "Sum", *ints(*range(8)))["returned"] == 168


GOOD = {"id": 3, "op": "hello", "seconds": 9}
CALL = {
    **GOOD,
    "op": "call",
    "function": "f",
    "convention": "cdecl",
    "arguments": [{"in": 1}, {"in": "x"}, {"bytes": "QQ=="}, {"out": 4}],
    "returns": "int32",
}
LOAD = {**GOOD, "op": "load", "library": "/none", "working_folder": "", "functions": ["f"]}


def changed(request: Mapping[str, object], **changes: object) -> bytes:
    return json.dumps({**request, **changes}).encode()


def with_argument(argument: object) -> bytes:
    return changed(CALL, arguments=[argument])


MALFORMED = [
    b"",
    b"{",
    b"[]",
    b"1",
    b"{}}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\0}\0",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    changed(GOOD, id=0),
    changed(GOOD, id=2**31),
    changed(GOOD, id=True),
    changed(GOOD, id=1.0),
    changed(GOOD, id=None),
    changed(GOOD, seconds=0),
    changed(GOOD, seconds=3601),
    changed(GOOD, op="dance"),
    changed(GOOD, op=1),
    changed(GOOD, more=1),
    b'{"id":3,"op":"hello","seconds":9,"id":3}',
    b'{"id":03,"op":"hello","seconds":9}',
    b'{"id":+3,"op":"hello","seconds":9}',
    b'{"id":3e0,"op":"hello","seconds":9}',
    b'{"id":3,"op":"hello","seconds":9,}',
    b'{"id":3 "op":"hello","seconds":9}',
    b'{"id":3,"op":"hel\\lo","seconds":9}',
    b'{"id":3,"op":"hel\nlo","seconds":9}',
    b'{"id":3,"op":"hello\x00","seconds":9}',
    b'{"id":3,"op":"hello\\u0000","seconds":9}',
    b'{"id":3,"op":"hello\\ud800","seconds":9}',
    b'{"id":3,"op":"hello\xc0\xaf","seconds":9}',
    b'{"id":3,"op":"hello\xed\xa0\x80","seconds":9}',
    b'{"id":3,"op":"hello\xf4\x90\x80\x80","seconds":9}',
    b'{"id":3,"op":"hello\xe4","seconds":9}',
    changed(LOAD, library=""),
    changed(LOAD, functions=[""]),
    changed(LOAD, functions=["f"] * 33),
    changed(LOAD, functions=[["f"]]),
    changed(LOAD, functions="f"),
    changed(CALL, convention="fastcall"),
    changed(CALL, returns="float"),
    changed(CALL, function=""),
    changed(CALL, arguments={}),
    changed(CALL, arguments=[{"in": 1}] * 9),
    *map(
        with_argument,
        [
            1,
            {},
            {"in": 1, "out": 1},
            {"in": 2**31},
            {"in": True},
            {"in": []},
            {"in": "a\0b"},
            {"out": 0},
            {"out": 128 * 1024 + 1},
            {"out": "1"},
            {"bytes": 1},
            {"bytes": "QQ"},
            {"bytes": "QQ="},
            {"bytes": "QR=="},
            {"bytes": "QQ==QQ=="},
            {"bytes": "===="},
            {"bytes": "Q Q="},
            {"bytes": "四四四四"},
        ],
    ),
]
UNDERSTOOD = [
    (changed(GOOD), None),
    (b' {"seconds":9 ,\t"id":3,\r\n"op":"\\u0068ello"} ', None),
    (changed(CALL), "not_loaded"),
    (changed(CALL, arguments=[]), "not_loaded"),
    (with_argument({"in": -(2**31)}), "not_loaded"),
    (with_argument({"in": "\U0001f600"}), "not_loaded"),
    (with_argument({"bytes": ""}), "not_loaded"),
    (changed(LOAD), "library_missing"),
    (changed(LOAD, working_folder="/none"), "folder_missing"),
    (changed(GOOD, op="unload"), "not_loaded"),
]


def test_what_is_no_request_is_malformed_and_the_next_one_is_answered(
    commands: list[list[str]],
) -> None:
    stream = b"".join(map(framed, MALFORMED)) + framed(changed(GOOD))
    for command in commands:
        ending, answers, rest = fed(command, stream)
        assert (ending, rest) == (0, b"")
        assert [answer.get("error") for answer in answers] == ["malformed"] * len(MALFORMED) + [
            None
        ]


def test_what_is_a_request_is_understood(commands: list[list[str]]) -> None:
    stream = b"".join(framed(body) for body, _ in UNDERSTOOD)
    for command in commands:
        ending, answers, rest = fed(command, stream)
        assert (ending, rest) == (0, b"")
        assert [answer.get("error") for answer in answers] == [error for _, error in UNDERSTOOD]
        assert {answer["id"] for answer in answers} == {3}


def test_a_frame_that_is_too_long_is_refused_and_ends_the_host(commands: list[list[str]]) -> None:
    for length in (frames.MAX_FRAME + 1, 2**32 - 1):
        for command in commands:
            ending, answers, _ = fed(command, length.to_bytes(4, "little") + bytes(100))
            assert (ending, [answer["error"] for answer in answers]) == (2, ["too_long"])


def test_the_longest_frame_is_read(commands: list[list[str]]) -> None:
    body = changed(GOOD).ljust(frames.MAX_FRAME)
    for command in commands:
        ending, answers, _ = fed(command, framed(body))
        assert (ending, answers[0]["protocol"]) == (0, 1)


@FUZZ
@given(st.lists(st.binary(max_size=99) | st.binary(max_size=99).map(framed)).map(b"".join))
def test_any_bytes_on_its_input_are_answered_or_end_a_host(
    commands: list[list[str]], stream: bytes
) -> None:
    for command in commands:
        ending, answers, rest = fed(command, stream)
        assert ending in ENDINGS
        assert rest == b""
        assert all("error" in answer for answer in answers)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=20,
)
values = st.one_of(
    json_like,
    st.sampled_from(["hello", "call", "load", "unload", "cdecl", "stdcall", "text", "int32"]),
    st.integers(-(2**31), 2**31),
    st.lists(
        st.dictionaries(
            st.sampled_from(["in", "out", "bytes", "on"]),
            st.integers(-5, 200_000) | st.text(max_size=9) | st.sampled_from(["QQ==", "QUI=", ""]),
            max_size=2,
        ),
        max_size=10,
    ),
)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A request with something changed, and sometimes bytes changed after that."""
    request = dict(draw(st.sampled_from([GOOD, LOAD, CALL])))
    for name in draw(st.lists(st.sampled_from([*CALL, *LOAD, "more"]), max_size=2)):
        request[name] = draw(values)
    ascii_only = draw(st.booleans())
    body = bytearray(json.dumps(request, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 1, 3]))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return bytes(body)


@FUZZ
@given(st.lists(bodies().filter(lambda body: b"bye" not in body), min_size=20, max_size=60))
def test_both_hosts_answer_any_request_alike(
    commands: list[list[str]], requests: list[bytes]
) -> None:
    stream = b"".join(map(framed, requests))
    seen = []
    for command in commands:
        ending, answers, rest = fed(command, stream)
        assert (ending, rest, len(answers)) == (0, b"", len(requests))
        seen.append([answer.get("error") for answer in answers])
    assert seen[0] == seen[1]


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(-1, 2**31))
def test_any_bytes_from_a_host_are_an_answer_or_a_typed_error(
    parts: list[bytes], identity: int
) -> None:
    buffer = frames.FrameBuffer()
    for part in parts:
        buffer.feed(framed(part) + part)
        with contextlib.suppress(BadFrame):  # and no other error
            while (body := buffer.pop()) is not None:
                judged(body, identity)


@given(json_like | st.dictionaries(st.sampled_from(["id", "error", "note", "outputs"]), json_like))
def test_any_json_from_a_host_is_an_answer_or_a_typed_error(answer: object) -> None:
    judged(json.dumps(answer).encode(), 1)


def judged(body: bytes, identity: int) -> None:
    for judge in (
        frames.hello_of,
        lambda answer: frames.result_of(answer, [4], text=True),
        lambda answer: frames.result_of(answer, [], text=False),
    ):
        with contextlib.suppress(BadFrame):  # and no other error
            answer = frames.parse(body, identity)
            if not isinstance(answer, frames.Failure):
                judge(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 2, "returned": 0, "outputs": ["AAAA"]},
        {"id": 1, "returned": 0, "outputs": []},
        {"id": 1, "returned": 0, "outputs": ["AAAAAAAA"]},
        {"id": 1, "returned": 0, "outputs": ["AA*A"]},
        {"id": 1, "returned": 0, "outputs": [3]},
        {"id": 1, "returned": True, "outputs": ["AAAA"]},
        {"id": 1, "returned": "AAAA", "outputs": ["AAAA"]},
        {"id": 1, "outputs": ["AAAA"]},
        {"id": 1, "error": 7},
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_garbled(answer: object) -> None:
    with pytest.raises(BadFrame) as failure:
        asked_for_three_bytes(json.dumps(answer).encode())
    assert failure.value.code == "vendor.garbled"


def asked_for_three_bytes(body: bytes) -> frames.Result:
    answer = frames.parse(body, 1)
    assert isinstance(answer, Mapping)
    return frames.result_of(answer, [3], text=False)


def test_what_was_read_is_in_no_repr() -> None:
    body = json.dumps({"id": 1, "returned": 77, "outputs": ["QUJD"]}).encode()
    result = asked_for_three_bytes(body)
    assert (result.returned, result.outputs) == (77, [b"ABC"])
    assert repr(result) == "Result()"
