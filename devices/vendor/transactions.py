"""`NationEcTrans`: a JSON for 医保电子凭证 and the face terminal, and the JSON it is answered with.

Request and reply have these members in two public sources. `data` of a reply is a JSON inside a
text; a plain object is taken too. Pure and total.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.errors import Refused

from .frames import garbled

_OK = (0, "0")
_LONGEST_CODE = 16


@dataclass(frozen=True)
class EcReply:
    """What the platform answered. `repr` shows nothing of it: it names a person."""

    data: Mapping[str, object] = field(repr=False)
    extra: object = field(repr=False)


def request(org_id: str, trans_type: str, data: Mapping[str, object], extra: str = "") -> str:
    """The input: `trans_type` is such as `ec.query` or `cn.nhsa.ec.auth`."""
    content = {"orgId": org_id, "transType": trans_type, "data": dict(data), "extra": extra}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def parse(text: str) -> EcReply:
    """The reply.

    Raises `Refused` (`vendor.refused`, its note the platform's code) for any code but 0, and
    `BadFrame` (`vendor.garbled`). The platform's sentence is not kept, since it may name a person.
    """
    reply = _object(text)
    if reply.get("code") not in _OK or isinstance(reply["code"], bool):
        raise Refused("vendor.refused", f"code {shown(reply.get('code'))}")
    data = reply.get("data") or {}
    content = _object(data) if isinstance(data, str) else data
    if not isinstance(content, dict):
        raise garbled("data is no object")
    return EcReply(content, reply.get("extra"))


def shown(code: object) -> str:
    """A code for the log: a number or a short word; whatever else it is may be personal."""
    if isinstance(code, int):
        return str(code)[:_LONGEST_CODE]
    plain = isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum()
    return str(code) if plain and len(str(code)) <= _LONGEST_CODE else "that is none"


def _object(text: str) -> dict[str, object]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise garbled("the reply is no JSON") from None
    if not isinstance(content, dict):
        raise garbled("the reply is no object")
    return content
