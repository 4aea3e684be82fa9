"""One table of a description, taken apart key by key: what is wrong is said with its place."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from devices.errors import Refused

T = TypeVar("T")
_NEEDED: Any = object()


def invalid(where: str, rule: str) -> Refused:
    """`vendor.description_invalid`; the note names place and rule, never a value, which may be a
    secret.
    """
    return Refused("vendor.description_invalid", f"{where}: {rule}")


class Table:
    """A TOML table at `where`. Every method raises `Refused`."""

    def __init__(self, where: str, content: object) -> None:
        if not isinstance(content, Mapping):
            raise invalid(where, "a table")
        self.where, self._left = where, dict(content)

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def at(self, name: str) -> str:
        """How a key is called in what is said of it."""
        return f"{self.where}.{name}" if self.where else name

    def take(
        self, name: str, rule: str, fits: Callable[[Any], bool], default: Any = _NEEDED
    ) -> Any:
        """The value of a key; `rule` says what it must be, `fits` whether it is."""
        if name not in self._left:
            if default is _NEEDED:
                raise invalid(self.at(name), f"is missing: {rule}")
            return default
        value = self._left.pop(name)
        if not fits(value):
            raise invalid(self.at(name), rule)
        return value

    def text(self, name: str, default: Any = _NEEDED) -> Any:
        """A text that is not empty."""
        return self.take(name, "a text", _is_text, default)

    def flag(self, name: str) -> bool:
        """True or false; false where it is not there."""
        return bool(self.take(name, "true or false", lambda value: isinstance(value, bool), False))

    def one_of(self, name: str, values: Sequence[str], default: str) -> str:
        """One of these words."""
        return str(self.take(name, f"one of {', '.join(values)}", lambda v: v in values, default))

    def number(self, name: str, least: int, most: int, default: Any = _NEEDED) -> int:
        """A whole number in these bounds."""
        rule = f"a whole number from {least} to {most}"
        return int(self.take(name, rule, lambda v: is_int(v) and least <= v <= most, default))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where it is not there."""
        fits: Callable[[Any], bool] = lambda v: isinstance(v, list) and all(map(_is_text, v))  # noqa: E731
        return tuple(self.take(name, "a list of texts", fits, []))

    def tables(self, name: str) -> dict[str, "Table"]:
        """The tables of a table, by name."""
        inner = self._left.pop(name, {})
        if not isinstance(inner, Mapping):
            raise invalid(self.at(name), "a table")
        return {key: Table(f"{self.at(name)}.{key}", value) for key, value in inner.items()}

    def listed(self, name: str) -> list["Table"]:
        """A list of tables, which must be there."""
        inner = self.take(name, "a list of tables", lambda value: isinstance(value, list))
        return [Table(f"{self.at(name)}[{place}]", value) for place, value in enumerate(inner)]

    def rest(self) -> dict[str, object]:
        """What was not taken, taken."""
        left, self._left = self._left, {}
        return left

    def close(self) -> None:
        """Say what nobody knows."""
        for name in self._left:
            raise invalid(self.at(name), "is not known here")


def is_int(value: object) -> bool:
    """TOML's true and false are no numbers."""
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "\0" not in value
