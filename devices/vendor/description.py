"""What the hospital's engineer writes down of a vendor's library: a TOML. `docs/devices/vendor.md`
explains it.

No public source has these libraries' signatures whole, and vendors' differ: so functions, arguments
and the places of items in their lines are all configured, and what stands here as a default is from
one public source, not confirmed.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .frames import MAX_OUT
from .lines import PLACES
from .table import Table, invalid, is_int

ENCODINGS = ("gb18030", "gbk", "utf-8")
REQUEST = "request"
"""The one text that is given call by call: a transaction's."""
_MOST_ARGUMENTS, _MOST_FUNCTIONS = 8, 32
_MOST_BYTES = 64 * 1024
_LONGEST_S = 600.0
_DEVICE = re.compile(r"[\x21-\x7e]{1,48}")


@dataclass(frozen=True)
class In:
    """A number or a text that every call is given. `repr` leaves it out: it may be a secret."""

    value: int | str = field(repr=False)


@dataclass(frozen=True)
class InFile:
    """A text from a file that nobody else may read, for what holds a key."""

    path: Path


@dataclass(frozen=True)
class Given:
    """The text that whoever calls brings."""


@dataclass(frozen=True)
class Out:
    """A buffer that the function fills."""

    size: int


Argument = In | InFile | Given | Out


@dataclass(frozen=True)
class Function:
    """One function of the library.

    Attributes:
        success: what it returns when all is well.
        no_card: what it returns where nothing lies on the reader; known from the vendor's manual.
        deadline: seconds after which it counts as hung and its program is killed.
    """

    name: str
    convention: str
    arguments: tuple[Argument, ...]
    returns: str
    success: int | str
    no_card: tuple[int | str, ...]
    deadline: float

    @property
    def sizes(self) -> list[int]:
        """Of its outputs, in their order."""
        return [argument.size for argument in self.arguments if isinstance(argument, Out)]

    @property
    def is_given(self) -> bool:
        """Whether a call brings a text."""
        return any(isinstance(argument, Given) for argument in self.arguments)


@dataclass(frozen=True)
class Line:
    """A function whose output is one card as a line of items.

    Attributes:
        kind: `social_security_card` or `resident_id`.
        output: which of the function's outputs, from 0.
        places: item numbers, from 0, by our field names.
        authenticated: whether the hospital knows that the library proves a card genuine before it
            gives anything out. The line does not say it, so it is false unless stated.
    """

    kind: str
    function: str
    output: int
    separator: str
    places: Mapping[str, int]
    authenticated: bool


@dataclass(frozen=True)
class Transaction:
    """A function that answers a JSON with a JSON, as `NationEcTrans` does."""

    function: str
    output: int


@dataclass(frozen=True)
class Description:
    """The whole file, checked.

    Attributes:
        host: the host program; None is this interpreter, which fits a library of its own bitness.
        device: how readings name the reader.
        on_start: functions that are called once after the library is loaded.
        simulated: whether the file says that this is a simulator.
    """

    library: Path
    host: Path | None
    working_folder: Path
    encoding: str
    device: str
    simulated: bool
    on_start: tuple[str, ...]
    functions: Mapping[str, Function]
    lines: tuple[Line, ...]
    transaction: Transaction | None


def load(path: Path) -> Description:
    """The description in a file. Raises `Refused` (`vendor.description_invalid`), which says where
    and what.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise invalid("the file", error.strerror or "cannot be read") from None
    except ValueError:
        raise invalid("the file", "TOML in UTF-8") from None
    return parse(document, path.parent.absolute())


def parse(document: Mapping[str, Any], folder: Path) -> Description:
    """The same from a document; relative paths begin at `folder`. Raises `Refused`."""
    top = Table("", document)
    library = folder / top.text("library")
    host = top.text("host", None)
    functions = {name: _function(name, t, folder) for name, t in top.tables("functions").items()}
    if not 1 <= len(functions) <= _MOST_FUNCTIONS:
        raise invalid("functions", f"1 to {_MOST_FUNCTIONS} tables")
    described = Description(
        library=library,
        host=folder / host if host else None,
        working_folder=folder / top.text("working_folder", str(library.parent)),
        encoding=top.one_of("encoding", ENCODINGS, "gb18030"),
        device=top.take("device", "1 to 48 printable ASCII characters", _is_device, "library"),
        simulated=top.flag("simulated"),
        on_start=top.texts("on_start"),
        functions=functions,
        lines=tuple(_line(kind, t, functions) for kind, t in top.tables("readings").items()),
        transaction=_transaction(top, functions),
    )
    top.close()
    _check_start(described)
    _check_texts(described)
    return described


def _function(name: str, table: Table, folder: Path) -> Function:
    arguments = tuple(_argument(one, folder) for one in table.listed("arguments"))
    returns = table.one_of("returns", ("int32", "text"), "int32")
    function = Function(
        name=name,
        convention=table.one_of("convention", ("cdecl", "stdcall"), "cdecl"),
        arguments=arguments,
        returns=returns,
        success=_success(table, returns),
        no_card=_no_card(table, returns),
        deadline=float(
            table.take("deadline", f"seconds from 0.1 to {_LONGEST_S:.0f}", _is_deadline, 10.0)
        ),
    )
    if len(arguments) > _MOST_ARGUMENTS:
        raise invalid(table.at("arguments"), f"at most {_MOST_ARGUMENTS}")
    if sum(function.sizes) > MAX_OUT:
        raise invalid(table.at("arguments"), f"outputs of at most {MAX_OUT} bytes together")
    if sum(isinstance(argument, Given) for argument in arguments) > 1:
        raise invalid(table.at("arguments"), "one that is given at most")
    table.close()
    return function


def _success(table: Table, returns: str) -> Any:
    if returns == "int32":
        return table.take("success", "a number", is_int, 0)
    return table.text("success")


def _no_card(table: Table, returns: str) -> tuple[Any, ...]:
    kind = int if returns == "int32" else str
    rule = f"a list, each {'a number' if kind is int else 'a text'}"

    def fits(value: object) -> bool:
        return isinstance(value, list) and all(type(one) is kind for one in value)

    return tuple(table.take("no_card", rule, fits, []))


def _argument(table: Table, folder: Path) -> Argument:
    argument: Argument
    if "out" in table:
        argument = Out(table.number("out", 1, MAX_OUT))
    elif "in_file" in table:
        argument = InFile(folder / table.text("in_file"))
    elif "given" in table:
        table.one_of("given", (REQUEST,), REQUEST)
        argument = Given()
    else:
        argument = In(table.take("in", "a text without NUL or a number of 32 bits", _is_in))
    table.close()
    return argument


def _line(kind: str, table: Table, functions: Mapping[str, Function]) -> Line:
    if kind not in PLACES:
        raise invalid(table.where, f"one of {', '.join(PLACES)}")
    function, output = _function_of(table, functions, given=False)
    line = Line(
        kind=kind,
        function=function.name,
        output=output,
        separator=table.text("separator", "|"),
        places=_places(kind, table),
        authenticated=table.flag("authenticated"),
    )
    table.close()
    return line


def _places(kind: str, table: Table) -> Mapping[str, int]:
    """As the file has them, or else the published ones."""
    if "fields" not in table:
        return PLACES[kind]
    given = Table(table.at("fields"), table.take("fields", "a table", lambda _: True))
    places = {name: given.number(name, 0, 99) for name in PLACES[kind] if name in given}
    given.close()
    for needed in ("name", "number"):
        if needed not in places:
            raise invalid(given.at(needed), "is missing: the item's number")
    return places


def _transaction(top: Table, functions: Mapping[str, Function]) -> Transaction | None:
    if "transaction" not in top:
        return None
    table = Table("transaction", top.take("transaction", "a table", lambda _: True))
    function, output = _function_of(table, functions, given=True)
    table.close()
    return Transaction(function.name, output)


def _function_of(
    table: Table, functions: Mapping[str, Function], *, given: bool
) -> tuple[Function, int]:
    function = functions.get(table.text("function"))
    if function is None:
        raise invalid(table.at("function"), "one of the functions described")
    if function.is_given is not given:
        rule = 'one with an argument { given = "request" }' if given else "one without { given }"
        raise invalid(table.at("function"), rule)
    if not function.sizes:
        raise invalid(table.at("function"), "one with an output")
    return function, table.number("output", 0, len(function.sizes) - 1, 0)


def _check_start(described: Description) -> None:
    for name in described.on_start:
        if name not in described.functions or described.functions[name].is_given:
            raise invalid("on_start", "functions described, which need nothing given")


def _check_texts(described: Description) -> None:
    """Every text can be written in the library's encoding."""
    for function in described.functions.values():
        for place, argument in enumerate(function.arguments):
            where = f"functions.{function.name}.arguments[{place}]"
            if isinstance(argument, In) and isinstance(argument.value, str):
                try:
                    length = len(argument.value.encode(described.encoding))
                except UnicodeEncodeError:
                    raise invalid(where, f"a text of {described.encoding}") from None
                if length > _MOST_BYTES:
                    raise invalid(where, f"at most {_MOST_BYTES} bytes")


def read_file(argument: InFile, encoding: str) -> bytes:
    """The text of an argument's file in the library's encoding. Raises `Refused`."""
    where = f"in_file {argument.path.name}"
    try:
        if os.name == "posix" and argument.path.stat().st_mode & 0o077:
            raise invalid(where, "a file that only its owner may read, since it holds keys")
        content = argument.path.read_text("utf-8-sig").encode(encoding)
    except OSError as error:
        raise invalid(where, error.strerror or "cannot be read") from None
    except UnicodeError:
        raise invalid(where, f"UTF-8, and a text of {encoding}") from None
    if len(content) > _MOST_BYTES or b"\0" in content:
        raise invalid(where, f"at most {_MOST_BYTES} bytes, and no NUL")
    return content


def _is_device(value: object) -> bool:
    return isinstance(value, str) and _DEVICE.fullmatch(value) is not None


def _is_deadline(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0.1 <= value <= _LONGEST_S
    )


def _is_in(value: object) -> bool:
    if isinstance(value, str):
        return "\0" not in value
    return isinstance(value, int) and is_int(value) and -(2**31) <= value < 2**31
