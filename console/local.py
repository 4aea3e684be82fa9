"""Addresses to come back to: only pages of this console, never another site's."""

import re
from urllib.parse import quote, urlencode

from .pages import HOME

_LOCAL = re.compile(r"/console(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*(?:\?[A-Za-z0-9._~%=&+-]*)?")
"""No step begins with a dot and none is in escapes, so that none leads up."""


def local(address: str) -> str:
    """The address where it is one of ours, else the first page."""
    return address if _LOCAL.fullmatch(address) else HOME


def to(path: str, **query: str) -> str:
    """An address of ours with its query, nothing left out but empty values."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{said}" if said else path


def filled(path: str, parameters: dict[str, str]) -> str:
    """A page's path with its parameters."""
    for name, value in parameters.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    return path
