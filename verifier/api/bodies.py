"""Bodies in JSON: read strictly, and shown in the documents."""

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from verifier.protocol.claim import where
from verifier.protocol.errors import refusal

M = TypeVar("M", bound=BaseModel)

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""NUL as JSON may write it: no text of the store can hold one, so no field may."""


def described(model: type[BaseModel]) -> dict[str, object]:
    """`requestBody` of a route."""
    return {
        "required": True,
        "content": {"application/json": {"schema": model.model_json_schema()}},
    }


def parsed(model: type[M], body: bytes, *, zero_bytes: bool = False) -> M:
    """What was sent. Raises `Refused` with `request.malformed`, naming places and no values.

    `zero_bytes` lets NUL through to a route that answers it as any other wrong value.
    """
    if not zero_bytes and _NUL.search(body):
        raise refusal("request.malformed", note="NUL")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refusal("request.malformed", note=where(error)) from None
