"""The TOML of a library: what it may hold, and that what is wrong is said with its place."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import Refused
from devices.vendor import description
from devices.vendor.description import Given, In, InFile, Out, load, parse
from devices.vendor.lines import PLACES

ROOT = Path(__file__).parents[3]
FOLDER = Path("/opt/reader")
WHOLE = """
library = "lib/reader.dll"
host = "host-32.exe"
working_folder = "work"
encoding = "gbk"
device = "hea"
simulated = true
on_start = ["Init"]

[functions.Init]
convention = "stdcall"
arguments = [{ in_file = "init.json" }, { out = 8192 }]

[functions.ReadCardBas]
convention = "stdcall"
arguments = [{ in = 1 }, { in = "演示" }, { out = 2048 }, { out = 8192 }]
success = 1
no_card = [-1, -2]
deadline = 20

[functions.NationEcTrans]
arguments = [{ in = "http://127.0.0.1/x" }, { given = "request" }, { out = 8192 }]
returns = "text"
success = "0000"

[readings.social_security_card]
function = "ReadCardBas"
output = 1
separator = "^"
authenticated = true
fields = { number = 3, name = 0, card_id = 5 }

[transaction]
function = "NationEcTrans"
"""


def document() -> dict[str, Any]:
    return tomllib.loads(WHOLE)


def changed(path: str, value: object) -> dict[str, Any]:
    """The whole document with one value put in; None takes it out."""
    whole = document()
    *way, last = (int(name) if name.isdigit() else name for name in path.split("."))
    table: Any = whole
    for name in way:
        table = table[name]
    if value is None:
        del table[last]
    else:
        table[last] = value
    return whole


def test_a_whole_description_is_what_it_says() -> None:
    read = parse(document(), FOLDER)
    assert (read.library, read.host) == (FOLDER / "lib/reader.dll", FOLDER / "host-32.exe")
    assert (read.working_folder, read.encoding, read.device) == (FOLDER / "work", "gbk", "hea")
    assert (read.simulated, read.on_start) == (True, ("Init",))
    assert read.functions["Init"].arguments == (InFile(FOLDER / "init.json"), Out(8192))
    bas = read.functions["ReadCardBas"]
    assert bas.arguments == (In(1), In("演示"), Out(2048), Out(8192))
    assert (bas.convention, bas.returns, bas.success) == ("stdcall", "int32", 1)
    assert (bas.no_card, bas.deadline, bas.sizes) == ((-1, -2), 20.0, [2048, 8192])
    trans = read.functions["NationEcTrans"]
    assert (trans.convention, trans.returns, trans.success) == ("cdecl", "text", "0000")
    assert trans.arguments[1] == Given()
    (line,) = read.lines
    assert (line.kind, line.function, line.output) == ("social_security_card", "ReadCardBas", 1)
    assert (line.separator, line.authenticated) == ("^", True)
    assert line.places == {"number": 3, "name": 0, "card_id": 5}
    assert read.transaction == description.Transaction("NationEcTrans", 0)


def test_what_is_not_said_is_the_published_or_the_safe_way() -> None:
    short = """
    library = "lib/reader.so"
    [functions.ReadSFZ]
    arguments = [{ out = 8192 }]
    [readings.resident_id]
    function = "ReadSFZ"
    """
    read = parse(tomllib.loads(short), FOLDER)
    assert (read.host, read.working_folder) == (None, FOLDER / "lib")
    assert (read.encoding, read.simulated, read.on_start) == ("gb18030", False, ())
    (line,) = read.lines
    assert (line.authenticated, line.separator) == (False, "|")
    assert line.places == PLACES["resident_id"]
    assert (read.functions["ReadSFZ"].success, read.functions["ReadSFZ"].no_card) == (0, ())


def test_texts_that_may_be_secrets_are_in_no_repr() -> None:
    assert "127.0.0.1" not in repr(parse(document(), FOLDER))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("library", None, "library: is missing"),
        ("library", "", "library: a text"),
        ("library", "a\0b", "library: a text"),
        ("host", 3, "host: a text"),
        ("encoding", "big5", "encoding: one of gb18030, gbk, utf-8"),
        ("device", "读", "device: 1 to 48"),
        ("device", "x" * 49, "device: 1 to 48"),
        ("simulated", 1, "simulated: true or false"),
        ("colour", "red", "colour: is not known here"),
        ("functions", None, "functions: 1 to 32"),
        ("functions", [], "functions: a table"),
        ("functions.Init", 3, "functions.Init: a table"),
        ("functions.Init.arguments", None, "functions.Init.arguments: is missing"),
        ("functions.Init.arguments", [{"out": 1}] * 9, "functions.Init.arguments: at most 8"),
        ("functions.Init.arguments", [{"out": 99_999}] * 2, "131072 bytes together"),
        ("functions.Init.arguments.0", {}, r"functions.Init.arguments\[0\].in: is missing"),
        ("functions.Init.arguments.0", {"in": 1, "x": 2}, r"arguments\[0\].x: is not known"),
        ("functions.Init.arguments.0", {"in": 2**31}, "a number of 32 bits"),
        ("functions.Init.arguments.0", {"in": True}, "a number of 32 bits"),
        ("functions.Init.arguments.0", {"in": "\0"}, "without NUL"),
        ("functions.Init.arguments.0", {"in": "\U0001f600"}, r"arguments\[0\]: a text of gbk"),
        ("functions.Init.arguments.0", {"in": "x" * 99_999}, "at most 65536 bytes"),
        ("functions.Init.arguments.0", {"out": 0}, "a whole number from 1"),
        ("functions.Init.arguments.0", {"given": "x"}, "one of request"),
        ("functions.Init.convention", "fastcall", "one of cdecl, stdcall"),
        ("functions.Init.returns", "float", "one of int32, text"),
        ("functions.Init.success", "0", "functions.Init.success: a number"),
        ("functions.Init.no_card", ["0"], "a list, each a number"),
        ("functions.Init.no_card", [True], "a list, each a number"),
        ("functions.Init.deadline", 0, "seconds from 0.1 to 600"),
        ("functions.Init.deadline", float("nan"), "seconds from 0.1 to 600"),
        ("functions.NationEcTrans.success", None, "success: is missing"),
        ("functions.NationEcTrans.arguments", [{"given": "request"}] * 2, "one that is given"),
        ("functions.NationEcTrans.arguments", [{"out": 8}], "transaction.function: one with an"),
        ("on_start", ["Start"], "on_start: functions described"),
        ("on_start", ["NationEcTrans"], "on_start: functions described, which need nothing"),
        ("readings.passport", {}, "readings.passport: one of social_security_card, resident_id"),
        ("readings.social_security_card.function", "X", "one of the functions described"),
        ("readings.social_security_card.function", "NationEcTrans", "one without { given }"),
        ("readings.social_security_card.output", 2, "a whole number from 0 to 1"),
        ("readings.social_security_card.authenticated", "yes", "true or false"),
        ("readings.social_security_card.fields.name", None, "fields.name: is missing"),
        ("readings.social_security_card.fields.sex", 1, "fields.sex: is not known here"),
        ("transaction.function", "X", "transaction.function: one of the functions"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(path: str, value: object, says: str) -> None:
    with pytest.raises(Refused, match=says) as failure:
        parse(changed(path, value), FOLDER)
    assert failure.value.code == "vendor.description_invalid"


@pytest.mark.parametrize("content", [None, "library = ", b"\xff\xfe"])
def test_a_file_that_is_not_there_or_no_toml_says_so(
    tmp_path: Path, content: str | bytes | None
) -> None:
    path = tmp_path / "reader.toml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Refused, match="the file") as failure:
        load(path)
    assert failure.value.code == "vendor.description_invalid"


def test_the_example_in_the_documentation_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "devices" / "vendor.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    read = parse(tomllib.loads(example), FOLDER)
    assert {line.kind for line in read.lines} == {"social_security_card", "resident_id"}
    assert read.transaction is not None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)


def places(table: Any, at: str = "") -> list[str]:
    """The way to every value of a document."""
    found = []
    for name, value in table.items() if isinstance(table, dict) else enumerate(table):
        found.append(f"{at}{name}")
        if isinstance(value, dict | list):
            found += places(value, f"{at}{name}.")
    return found


@given(st.sampled_from(places(document())), anything)
def test_any_value_in_any_place_is_taken_or_refused(path: str, value: object) -> None:
    try:
        read = parse(changed(path, value), FOLDER)
    except Refused as error:
        assert error.code == "vendor.description_invalid"  # noqa: PT017
        return
    assert isinstance(read, description.Description)
