"""Shamir's secret sharing over GF(2^8) (Shamir 1979): any `needed` shares give the secret back, and
fewer say nothing of it.

Each byte of the secret is the constant of a polynomial of degree `needed` - 1 with random other
coefficients; share x holds its value at x. The field is AES's (x^8 + x^4 + x^3 + x + 1). Pure, and
without tables that a secret indexes.
"""

import os
from collections.abc import Callable, Mapping

MOST_SHARES = 255
_POLYNOMIAL = 0x11B

RandomBytes = Callable[[int], bytes]


def split(
    secret: bytes, shares: int, needed: int, random_bytes: RandomBytes = os.urandom
) -> dict[int, bytes]:
    """Shares by their number, 1 to `shares`, each as long as the secret.

    Raises `ValueError` unless 2 <= needed <= shares <= 255 and there is a secret.
    """
    if not 2 <= needed <= shares <= MOST_SHARES or not secret:
        raise ValueError("2 <= needed <= shares <= 255, and a secret")
    coefficients = [secret, *(random_bytes(len(secret)) for _ in range(needed - 1))]
    return {x: _at(coefficients, x) for x in range(1, shares + 1)}


def join(shares: Mapping[int, bytes]) -> bytes:
    """The secret of these shares, all of one splitting and as many as were needed.

    Fewer, or others, give other bytes and no error: what is joined must be checked by its use.
    Raises `ValueError` for shares of different lengths, or a number outside 1 to 255.
    """
    lengths = {len(share) for share in shares.values()}
    if len(lengths) != 1 or not all(1 <= x <= MOST_SHARES for x in shares):
        raise ValueError("shares of one length, numbered from 1 to 255")
    secret = bytes(lengths.pop())
    for x, share in shares.items():
        weight = 1
        for other in shares:
            if other != x:  # Lagrange's basis at 0; in this field minus is plus
                weight = _times(weight, _times(other, _inverse(other ^ x)))
        secret = bytes(
            whole ^ _times(byte, weight) for whole, byte in zip(secret, share, strict=True)
        )
    return secret


def _at(coefficients: list[bytes], x: int) -> bytes:
    value = bytes(len(coefficients[0]))
    for coefficient in reversed(coefficients):  # Horner
        value = bytes(_times(v, x) ^ c for v, c in zip(value, coefficient, strict=True))
    return value


def _times(a: int, b: int) -> int:
    """The field's product, with the same steps whatever the factors are."""
    product = 0
    for _ in range(8):
        product ^= a & -(b & 1)
        a = (a << 1) ^ (_POLYNOMIAL & -(a >> 7))
        b >>= 1
    return product


def _inverse(a: int) -> int:
    """a^254."""
    power = a
    for _ in range(6):
        power = _times(_times(power, power), a)
    return _times(power, power)
