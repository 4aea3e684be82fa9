"""`host.c` in Python, for a library of this interpreter's own bitness where no compiler is.

Runs as a file by itself, on the standard library alone, and answers as `host.c` does: the same
tests try both. README.md beside it has the protocol.

It wipes the buffers that the library saw. What it made of them to be sent are Python's own objects,
which cannot be wiped: the C host leaves less behind.
"""

import base64
import ctypes
import json
import os
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

PROTOCOL = 1
MAX_FRAME = 256 * 1024
MAX_OUT = 128 * 1024
MAX_TEXT = 32 * 1024
MAX_ARGUMENTS = 8
MAX_FUNCTIONS = 32
MAX_SECONDS = 3600
MAX_NOTE = 160
GUARD = b"\xa5" * 4096
DONE, CUT_OFF, TOO_LONG, SPOILED = range(4)
BITNESS = struct.calcsize("P") * 8
_INT32 = range(-(2**31), 2**31)
_CONVENTIONS = ("cdecl", "stdcall")
_RETURNS = ("int32", "text")


class Failure(Exception):
    """What an answer says instead of a result; `ends` where memory is no longer to be trusted."""

    def __init__(self, error: str, note: str = "", *, ends: bool = False) -> None:
        super().__init__(error)
        self.error, self.note, self.ends = error, note, ends


class Done(Exception):
    """The agent said bye."""


def main() -> int:
    """Answer requests until the agent ends them; the exit status says why."""
    _leave_no_dumps()
    from_agent, to_agent = _move_aside()
    host = Host()
    while True:
        head = _read_fully(from_agent, 4)
        if len(head) < 4:
            return CUT_OFF if head else DONE
        (length,) = struct.unpack("<I", head)
        if length > MAX_FRAME:
            _send(to_agent, _failed(0, Failure("too_long")))
            return TOO_LONG
        body = _read_fully(from_agent, length)
        if len(body) < length:
            return CUT_OFF
        answer, status = host.answer(body)
        _send(to_agent, answer)
        body[:] = bytes(length)
        if status is not None:
            return status


class Host:
    """One library at most, and what may be asked of it."""

    def __init__(self) -> None:
        self._library: Any = None

    def answer(self, body: bytearray) -> tuple[dict[str, object], int | None]:
        """The answer to a request, and the exit status if it was the last."""
        identity = 0
        try:
            request = _parse(body)
            identity, operation = request["id"], request["op"]
            ask = self._operation(operation, set(request) - {"id", "op", "seconds"})
            return {"id": identity, **ask(request)}, None
        except Done:
            return {"id": identity}, DONE
        except Failure as failure:
            return _failed(identity, failure), SPOILED if failure.ends else None

    def _operation(
        self, operation: str, rest: set[str]
    ) -> Callable[[dict[str, Any]], dict[str, object]]:
        known: dict[str, tuple[set[str], Callable[[dict[str, Any]], dict[str, object]]]] = {
            "hello": (set(), self._hello),
            "load": ({"library", "working_folder", "functions"}, self._load),
            "call": ({"function", "convention", "arguments", "returns"}, self._call),
            "unload": (set(), self._unload),
            "bye": (set(), self._bye),
        }
        wanted, ask = known.get(operation, (None, self._bye))
        _must(rest == wanted, "request")
        return ask

    def _hello(self, _: dict[str, Any]) -> dict[str, object]:
        return {"protocol": PROTOCOL, "bitness": BITNESS, "pid": os.getpid()}

    def _load(self, request: dict[str, Any]) -> dict[str, object]:
        path, folder, functions = (
            request[name] for name in ("library", "working_folder", "functions")
        )
        _must(_is_text(path) and isinstance(folder, str), "load")
        _must(isinstance(functions, list) and len(functions) <= MAX_FUNCTIONS, "load")
        _must(all(map(_is_text, functions)), "load")
        if self._library is not None:
            raise Failure("already_loaded")
        if folder:
            _change_folder(folder)
        with _Limit(request["seconds"]):
            library = _open_library(path)
        for name in functions:
            _function(library, name)
        self._library = library
        return {}

    def _call(self, request: dict[str, Any]) -> dict[str, object]:
        name, convention, returns = (request[n] for n in ("function", "convention", "returns"))
        _must(_is_text(name) and convention in _CONVENTIONS and returns in _RETURNS, "call")
        arguments = _Arguments(request["arguments"])
        if self._library is None:
            raise Failure("not_loaded")
        if convention == "stdcall" and BITNESS == 32 and sys.platform != "win32":
            raise Failure("function_missing", "stdcall needs the host in C")
        function = _function(self._library, name, convention)
        function.restype = ctypes.c_int32 if returns == "int32" else ctypes.c_void_p
        try:
            with _Limit(request["seconds"]):
                returned = function(*arguments.words)
            if not arguments.guards_stand():
                raise Failure("overrun", ends=True)
            if returns == "text":
                returned = _encoded(_text_at(returned))
            return {"returned": returned, "outputs": [_encoded(o) for o in arguments.outputs()]}
        except OSError:  # Windows: the library touched memory that is not there
            os._exit(SPOILED)
        finally:
            arguments.wipe()

    def _unload(self, request: dict[str, Any]) -> dict[str, object]:
        if self._library is None:
            raise Failure("not_loaded")
        with _Limit(request["seconds"]):
            _close_library(self._library)
        self._library = None
        return {}

    def _bye(self, _: dict[str, Any]) -> dict[str, object]:
        raise Done


class _Arguments:
    """A call's arguments in memory. Behind and before each output lies a guard: who writes past
    his buffer is seen.
    """

    def __init__(self, given: object) -> None:
        if not isinstance(given, list) or len(given) > MAX_ARGUMENTS:
            raise Failure("malformed", "call")
        self.words: list[Any] = []
        self._buffers: list[Any] = []
        self._outputs: list[tuple[Any, int]] = []
        for argument in given:
            _must(isinstance(argument, dict) and len(argument) == 1, "call")
            ((direction, value),) = argument.items()
            self._lay(direction, value)
        _must(sum(size for _, size in self._outputs) <= MAX_OUT, "call")

    def _lay(self, direction: str, value: object) -> None:
        if direction == "in" and _is_int(value):
            self.words.append(ctypes.c_ssize_t(value))  # type: ignore[arg-type]
        elif direction == "in" and isinstance(value, str):
            self._lay_bytes(value.encode())
        elif direction == "bytes" and isinstance(value, str):
            self._lay_bytes(_decoded(value))
        elif direction == "out" and _is_int(value) and value in range(1, MAX_OUT + 1):
            self._lay_output(value)  # type: ignore[arg-type]
        else:
            raise Failure("malformed", "call")

    def _lay_bytes(self, value: bytes) -> None:
        buffer = ctypes.create_string_buffer(value)
        self._buffers.append(buffer)
        self.words.append(buffer)

    def _lay_output(self, size: int) -> None:
        content = GUARD + bytes(size) + GUARD
        buffer = ctypes.create_string_buffer(content, len(content))
        self._buffers.append(buffer)
        self._outputs.append((buffer, size))
        self.words.append(ctypes.c_void_p(ctypes.addressof(buffer) + len(GUARD)))

    def outputs(self) -> list[bytes]:
        """What each output holds, whole."""
        start = len(GUARD)
        return [buffer[start : start + size] for buffer, size in self._outputs]

    def guards_stand(self) -> bool:
        """Whether nothing was written outside an output."""
        return all(
            buffer[: len(GUARD)] == GUARD == buffer[len(GUARD) + size :]
            for buffer, size in self._outputs
        )

    def wipe(self) -> None:
        """Zero all that the library saw."""
        for buffer in self._buffers:
            ctypes.memset(buffer, 0, len(buffer))


class _Limit:
    """Ends this program where a call takes longer, though the agent that would have killed it is
    gone. The call is made without the interpreter's lock, so the timer runs.
    """

    def __init__(self, seconds: int) -> None:
        self._timer = threading.Timer(seconds, os._exit, (SPOILED,))
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *exception: object) -> None:
        self._timer.cancel()


def _parse(body: bytearray) -> dict[str, Any]:
    try:
        request = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_doubles,
            parse_float=_refuse,
            parse_constant=_refuse,
        )
        json.dumps(request, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Failure("malformed", "JSON") from None
    _must(isinstance(request, dict) and _has_no_nul(request), "JSON")
    identity, operation, seconds = (request.get(name) for name in ("id", "op", "seconds"))
    _must(_is_int(identity) and identity > 0 and isinstance(operation, str), "request")
    _must(_is_int(seconds) and 1 <= seconds <= MAX_SECONDS, "request")
    return request  # type: ignore[no-any-return]


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _refuse(_: str) -> object:
    raise ValueError("no whole number")


def _has_no_nul(value: object) -> bool:
    """The library's texts end at NUL, so none may hold one."""
    if isinstance(value, dict):
        return all(_has_no_nul(name) and _has_no_nul(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(_has_no_nul, value))
    return not (isinstance(value, str) and "\0" in value)


def _must(good: bool, note: str) -> None:
    if not good:
        raise Failure("malformed", note)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT32


def _decoded(value: str) -> bytes:
    try:
        content = base64.b64decode(value, validate=True)
    except ValueError:
        content = b""
    _must(_encoded(content) == value, "call")
    return content


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _failed(identity: int, failure: Failure) -> dict[str, object]:
    note = "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in failure.note)
    return {"id": identity, "error": failure.error, "note": note[:MAX_NOTE]}


def _change_folder(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:
        raise Failure("folder_missing") from None


def _open_library(path: str) -> Any:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  (fewer modules, a faster start)
            head = file.read(5)
    except OSError:
        raise Failure("library_missing") from None
    if head[:4] == b"\x7fELF" and head[4:] != (b"\x02" if BITNESS == 64 else b"\x01"):
        raise Failure("wrong_bitness")
    try:
        if sys.platform == "win32":
            return ctypes.CDLL(path, winmode=8)  # as LoadLibraryEx finds a library's neighbours
        return ctypes.CDLL(path, mode=os.RTLD_NOW | os.RTLD_LOCAL)
    except OSError as error:
        bad_format = getattr(error, "winerror", None) == 193
        raise Failure("wrong_bitness" if bad_format else "library_missing", str(error)) from None


def _function(library: Any, name: str, convention: str = "cdecl") -> Any:
    try:
        if sys.platform == "win32" and convention == "stdcall":
            return ctypes.WINFUNCTYPE(ctypes.c_int32)((name, library))
        return library[name]
    except (AttributeError, ValueError):
        raise Failure("function_missing", name) from None


def _close_library(library: Any) -> None:
    if sys.platform == "win32":
        ctypes.windll.kernel32.FreeLibrary(ctypes.c_void_p(library._handle))
    else:
        ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))


def _text_at(address: int | None) -> bytes:
    """The text that a library returned; looked at byte by byte, since its end is not known."""
    text = bytearray()
    while address and (byte := ctypes.c_ubyte.from_address(address + len(text)).value):
        text.append(byte)
        if len(text) > MAX_TEXT:
            raise Failure("overlong")
    return bytes(text)


def _move_aside() -> tuple[int, int]:
    """The library gets nothing for input, output and errors; the agent's two pipes move aside."""
    if sys.platform == "win32":
        import msvcrt

        for number in (0, 1):
            msvcrt.setmode(number, os.O_BINARY)
    pipes = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        for number, standard in enumerate((-10, -11, -12)):
            kernel.SetStdHandle(standard, ctypes.c_void_p(msvcrt.get_osfhandle(number)))
    return pipes


def _leave_no_dumps() -> None:
    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(0x0001 | 0x0002 | 0x8000)
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE: a piped core heeds no limit


def _read_fully(number: int, wanted: int) -> bytearray:
    content = bytearray()
    while len(content) < wanted and (part := os.read(number, wanted - len(content))):
        content += part
    return content


def _send(number: int, answer: dict[str, object]) -> None:
    body = json.dumps(answer, separators=(",", ":")).encode()
    frame = memoryview(struct.pack("<I", len(body)) + body)
    while frame:
        frame = frame[os.write(number, frame) :]


if __name__ == "__main__":
    try:
        status = main()
    except OSError:  # the agent went away
        status = CUT_OFF
    os._exit(status)  # the library's own ending is not waited for
