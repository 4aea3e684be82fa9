"""The 256 bytes of text on an identity card: four layouts, one `CardData`.

Pure and total: any bytes give a card or a `Refused`.
"""

from .appended import encode_appended, parse_appended
from .card import CardData, DocumentKind
from .encoding import encode
from .parsing import certificate_of, parse
from .table import LONG_TERM, Certificate

__all__ = [
    "LONG_TERM",
    "CardData",
    "Certificate",
    "DocumentKind",
    "certificate_of",
    "encode",
    "encode_appended",
    "parse",
    "parse_appended",
]
