"""Staff take up an account, sign in, prove the password again: with every attempt counted.

What the routes of sessions and the staff's pages have in common.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from fastapi import Request

from verifier.protocol.errors import refusal
from verifier.trust.accounts.passwords import PasswordRefused
from verifier.trust.accounts.sessions import SignInRefused, TakenUp

from .site import Site


async def take_up(request: Request, site: Site, code: str, password: str) -> TakenUp:
    """Set the password of an account, and make its second factor.

    Raises `Refused`: `account.code_invalid`, `account.password_weak`, `account.too_many`.
    """
    with _counted(request, site):
        return await site.passwords.take(site.doors.take_up, code, password, site.parts.clock())


async def confirm(request: Request, site: Site, code: str, totp: str) -> None:
    """The second factor shows the right code. Raises `Refused`: `account.code_invalid`,
    `account.too_many`.
    """
    with _counted(request, site):
        await site.small.take(site.doors.confirm, code, totp, site.parts.clock())


async def sign_in(request: Request, site: Site, login: str, password: str, totp: str) -> str:
    """A session's token. Raises `Refused`: `account.sign_in_failed`, `account.too_many`."""
    said = (login, password, totp)
    with _counted(request, site):
        return await site.passwords.take(site.doors.sign_in, *said, site.parts.clock())


async def prove_again(request: Request, site: Site, token: str, password: str) -> datetime:
    """Until when the password need not be given again. Raises as `sign_in` does."""
    said = (token, password)
    with _counted(request, site):
        return await site.passwords.take(site.doors.prove_again, *said, site.parts.clock())


async def change_password(request: Request, site: Site, token: str, old: str, new: str) -> None:
    """Another password. Raises as `sign_in` does, and `account.password_weak`."""
    said = (token, old, new)
    with _counted(request, site):
        await site.passwords.take(site.doors.change_password, *said, site.parts.clock())


@contextmanager
def _counted(request: Request, site: Site) -> Iterator[None]:
    """An attempt of this source, given back unless something was guessed wrong."""
    source = request.client.host if request.client else "none"
    site.sign_ins.take(source)
    try:
        yield
    except SignInRefused as refused:
        site.metrics.sign_ins_failed.inc()
        raise refusal(refused.code) from None
    except PasswordRefused as refused:
        site.sign_ins.give_back(source)
        raise refusal(refused.code, note=str(refused)) from None
    except BaseException:
        site.sign_ins.give_back(source)
        raise
    else:
        site.sign_ins.give_back(source)
