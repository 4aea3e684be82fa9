"""Passwords: Argon2id (RFC 9106) as PHC strings, and what a password must be.

NIST SP 800-63B asks for length and no lists of rules; GB/T 22239-2019 level 3 asks for complexity
and for change at intervals. Both are kept: 12 characters of three kinds at least, for 90 days.
"""

import os
from datetime import datetime, timedelta

from argon2 import PasswordHasher, profiles
from argon2.exceptions import VerificationError

SHORTEST, LONGEST = 12, 128
KINDS = 3
LIFE = timedelta(days=90)

_HASHER = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
"""The second of the two settings that RFC 9106 §4 recommends: 64 MiB, three passes, four lanes."""


class PasswordRefused(Exception):
    """It is too easily guessed. `str()` says what lacks, never the password."""

    code = "account.password_weak"


def check_fit(password: str, login: str) -> None:
    """Raises `PasswordRefused`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordRefused(f"{SHORTEST} to {LONGEST} characters")
    if login.casefold() in password.casefold():
        raise PasswordRefused("the login stands in it")
    if len(set(password)) < SHORTEST // 2:
        raise PasswordRefused("too few different characters")
    if _kinds(password) < KINDS:
        raise PasswordRefused("three of: small letters, capitals, digits, others")


def hashed(password: str) -> str:
    """A PHC string. About a twentieth of a second and 64 MiB."""
    return _HASHER.hash(password)


def matches(password: str, phc: str | None) -> bool:
    """Whether it is the one; as slow where there is none, so that nobody learns which logins are.

    A longer one than is taken is not tried.
    """
    if len(password) > LONGEST:
        return False
    try:
        _HASHER.verify(phc or _NOBODYS, password)
    except VerificationError:
        return False
    return phc is not None


def expired(since: datetime | None, at: datetime) -> bool:
    """Whether it has had its 90 days."""
    return since is None or at - since > LIFE


def _kinds(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    found = sum(any(test(character) for character in password) for test in tests)
    # A letter of a script without capitals, such as a Chinese character, is a kind of its own.
    return found + any(c.isalpha() and not c.islower() and not c.isupper() for c in password)


_NOBODYS = hashed(os.urandom(32).hex())
