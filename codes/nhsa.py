"""Codes that the insurance platform gives to institutions and staff (医保信息业务编码).

None of them has a check digit.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import InvalidCode


class NhsaKind(StrEnum):
    """What a code names."""

    INSTITUTION = "institution"
    """H, 定点医疗机构."""
    PHARMACY = "pharmacy"
    """P, 定点零售药店; its shape is not confirmed by a public source."""
    PHYSICIAN = "physician"
    """D, 医保医师."""
    NURSE = "nurse"
    """N, 医保护士; its shape is not confirmed by a public source."""
    PHARMACIST = "pharmacist"
    """HY, 药学技术人员."""
    TECHNICIAN = "technician"
    """HJ, 医技人员."""


# prefix, region of six digits, sequence of five or six
_SHAPES = {
    NhsaKind.INSTITUTION: re.compile(r"(H)([0-9]{6})([0-9]{5})"),
    NhsaKind.PHARMACY: re.compile(r"(P)([0-9]{6})([0-9]{5})"),
    NhsaKind.PHYSICIAN: re.compile(r"(D)([0-9]{6})([0-9]{6})"),
    NhsaKind.NURSE: re.compile(r"(N)([0-9]{6})([0-9]{6})"),
    NhsaKind.PHARMACIST: re.compile(r"(HY)([0-9]{6})([0-9]{6})"),
    NhsaKind.TECHNICIAN: re.compile(r"(HJ)([0-9]{6})([0-9]{6})"),
}


@dataclass(frozen=True)
class NhsaCode:
    """A code taken apart."""

    code: str
    kind: NhsaKind
    region: str
    """Six digits, GB/T 2260 or a local pseudo code such as xx9900."""
    sequence: str


def parse(code: str) -> NhsaCode:
    """The parts of an institution's or a staff member's code, capitals only.

    Raises `InvalidCode` with `nhsa_code.malformed`.
    """
    for kind, shape in _SHAPES.items():
        if match := shape.fullmatch(code):
            return NhsaCode(code, kind, match[2], match[3])
    raise InvalidCode(
        "nhsa_code.malformed",
        "a code is H or P and 11 digits, D or N and 12 digits, or HY or HJ and 12 digits",
    )


def is_institution(code: str) -> bool:
    """Whether `code` has the shape of a medical institution's: H and 11 digits."""
    return _SHAPES[NhsaKind.INSTITUTION].fullmatch(code) is not None
