"""A vendor's library, loaded in a host program and called by its description."""

import contextlib
from collections.abc import Mapping

from devices.errors import DeviceError, NoCard, Refused

from . import frames
from .description import Argument, Description, Function, Given, In, InFile, Out, read_file
from .frames import Result
from .host_process import Host, command_of
from .transactions import shown


class Library:
    """Open from the start to `close` or `kill`, or until a call ends its host."""

    def __init__(self, description: Description, start_deadline: float) -> None:
        """Start the host, load the library, call what is to be called on start.

        Raises `Unplugged` (`vendor.host_missing`, `vendor.library_missing`,
        `vendor.function_missing`, `vendor.wrong_bitness`) and as `call`.
        """
        self._description = description
        self.host = Host(command_of(description.host))
        try:
            self.host.hello(start_deadline)
            self.host.ask("load", self._load(), start_deadline)
            for name in description.on_start:
                self.call(name)
        except BaseException:
            self.host.kill()
            raise

    def call(self, name: str, given: str = "") -> Result:
        """Call a function of the description.

        Raises `NoCard` where it says that nothing lies there, `Refused` (`vendor.refused`, its note
        the library's code; `vendor.description_invalid` for a file of it), `Timeout`
        (`vendor.hung`, `vendor.crashed`) and `BadFrame` (`vendor.garbled`), both with the host
        ended.
        """
        function = self._description.functions[name]
        request = {
            "function": name,
            "convention": function.convention,
            "arguments": [self._argument(one, given) for one in function.arguments],
            "returns": function.returns,
        }
        answer = self.host.ask("call", request, function.deadline)
        try:
            result = frames.result_of(answer, function.sizes, text=function.returns == "text")
        except DeviceError:
            self.host.kill()
            raise
        self._judge(function, result)
        return result

    def text_of(self, output: bytes) -> str:
        """An output's text up to its first NUL. Raises `BadFrame`."""
        try:
            return output.split(b"\0", 1)[0].decode(self._description.encoding)
        except UnicodeDecodeError:
            raise frames.garbled(f"no text of {self._description.encoding}") from None

    def close(self, deadline: float) -> None:
        """Unload the library and end the host."""
        self.host.close(deadline)

    def _load(self) -> Mapping[str, object]:
        return {
            "library": str(self._description.library),
            "working_folder": str(self._description.working_folder),
            "functions": list(self._description.functions),
        }

    def _argument(self, argument: Argument, given: str) -> Mapping[str, object]:
        match argument:
            case Out(size):
                return {"out": size}
            case In(int() as value):
                return {"in": value}
            case In(str() as value):
                return self._text(value)
            case InFile():
                return frames.bytes_argument(read_file(argument, self._description.encoding))
            case Given():
                return self._text(given)
        raise AssertionError("unreachable: every kind of argument has its case")

    def _text(self, value: str) -> Mapping[str, object]:
        with contextlib.suppress(UnicodeEncodeError):
            content = value.encode(self._description.encoding)
            if b"\0" not in content:
                return frames.bytes_argument(content)
        raise Refused("vendor.refused", "a text that the library cannot be given")

    def _judge(self, function: Function, result: Result) -> None:
        returned = result.returned
        code = returned if isinstance(returned, int) else self.text_of(returned)
        if code in function.no_card:
            raise NoCard(note=f"{function.name}: {shown(code)}")
        if code != function.success:
            raise Refused("vendor.refused", f"{function.name}: code {shown(code)}")
