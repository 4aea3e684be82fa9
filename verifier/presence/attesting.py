"""What the staff at a bed attest: the wristband, two identifiers, the codes of nurse and physician.

Nothing of it says how anybody works: a code stands with a look, and no page adds looks up by it.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

from codes.errors import InvalidCode
from codes.nhsa import NhsaKind, parse

from .errors import PresenceRefused
from .stays import Lying

IDENTIFIERS = ("name", "birth", "number")
"""What a person is asked for beside the wristband: name, day of birth, end of the ID number."""
ENOUGH = 2


@dataclass(frozen=True)
class Attested:
    """As it is kept with a look."""

    wristband: bool = False
    identifiers: tuple[str, ...] = ()
    nurse: str = ""
    physician: str = ""

    @property
    def body(self) -> dict[str, object]:
        """For the row; what was not said is left out."""
        said = {
            "wristband": self.wristband,
            "identifiers": list(self.identifiers),
            "nurse": self.nurse,
            "physician": self.physician,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class Said:
    """What was scanned, typed and touched."""

    wristband: str = ""
    identifiers: Collection[str] = ()
    nurse: str = ""
    physician: str = ""


def attested(
    conn: Connection, institution: str, lying: Lying, said: Said, *, first: bool, face: bool
) -> Attested:
    """What holds of it. A first check needs wristband and both codes; without a face wristband and
    two identifiers are needed each time.

    Raises `PresenceRefused`: `presence.wristband_differs`, `presence.identifiers`,
    `presence.code_malformed`, `presence.code_unknown`.
    """
    band = first or not face
    if band and not is_wristband(lying, said.wristband):
        raise PresenceRefused("presence.wristband_differs")
    asked = tuple(each for each in IDENTIFIERS if each in said.identifiers)
    if not face and len(asked) < ENOUGH:
        raise PresenceRefused("presence.identifiers")
    if not first:
        return Attested(band, () if face else asked)
    nurse = _code(conn, institution, said.nurse, NhsaKind.NURSE)
    physician = _code(conn, institution, said.physician, NhsaKind.PHYSICIAN)
    return Attested(True, () if face else asked, nurse, physician)


def is_wristband(lying: Lying, said: str) -> bool:
    """Whether this is the wristband of the stay: the HIS's own number of it."""
    one, other = (each.strip().upper().encode() for each in (said, lying.stay))
    return hmac.compare_digest(one, other)


_KNOWN = text("SELECT 1 FROM practitioners WHERE institution = :mine AND code = :code")


def _code(conn: Connection, institution: str, said: str, kind: NhsaKind) -> str:
    code = said.strip().upper()
    try:
        right = parse(code).kind is kind
    except InvalidCode:
        right = False
    if not right:
        raise PresenceRefused("presence.code_malformed")
    if conn.execute(_KNOWN, {"mine": institution, "code": code}).one_or_none() is None:
        raise PresenceRefused("presence.code_unknown")
    return code
