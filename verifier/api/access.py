"""Who may call a route, said at the route, shown in the documents, held by a test."""

from enum import StrEnum
from typing import Any

from verifier.protocol.errors import PROBLEM_MEDIA_TYPE, REFUSALS, Problem, RefusalKind
from verifier.trust.accounts.roles import Permission, roles_with


class Access(StrEnum):
    """The callers that there are."""

    ANYONE = "anyone"
    LOOPBACK = "loopback"
    TERMINAL = "terminal"
    """By a signed request: `Authorization: Shualian <JWS>`."""
    PHONE = "practitioner's phone"
    """By a request signed with the phone's own key."""
    SIGNED_CLAIM = "signed claim"
    """By the terminal's signature of the body itself."""
    CLIENT = "client"
    """By a machine client's access token: `Authorization: Bearer <JWT>`."""
    CLIENT_ASSERTION = "client assertion"
    REGISTRATION_CODE = "registration code"
    """By a one-time code that an operator printed."""
    READER = "terminal, client, staff"
    SENDER = "terminal, client"
    ACCOUNT_CODE = "account code"
    """By a one-time code that an administrator handed over."""
    SIGN_IN = "password and second factor"
    STAFF = "staff"
    """By a session: `Authorization: Session <token>`."""


STAFF_REFUSALS = (
    "account.session_ended",
    "account.forbidden",
    "account.in_training",
    "account.password_expired",
)
"""What any route for staff may answer with."""

_EVERYWHERE = ("verifier.busy", "verifier.unavailable", "verifier.internal")


def extra(
    access: Access, permission: Permission | None = None, *, again: bool = False, **more: Any
) -> dict[str, Any]:
    """`openapi_extra` of a route: who may call it, and what else is to be said.

    `permission` is what staff need, `again` that the password must have been given just now.
    """
    said: dict[str, Any] = {"x-access": access.value, **more}
    if permission is not None:
        said |= {"x-permission": permission.value, "x-roles": list(roles_with(permission))}
    return said | ({"x-password-again": True} if again else {})


def refusals(*codes: str | RefusalKind) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: every code that it may answer with, by status, with an example."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for said in (*codes, *_EVERYWHERE):
        kind = REFUSALS[said] if isinstance(said, str) else said
        code = kind.code
        entry = by_status.setdefault(
            kind.status,
            {
                "description": "",
                "content": {
                    PROBLEM_MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/Problem"},
                        "examples": {},
                    }
                },
            },
        )
        example = {"summary": kind.title, "value": kind.problem().model_dump(exclude_none=True)}
        entry["content"][PROBLEM_MEDIA_TYPE]["examples"][code] = example
        entry["description"] = ", ".join(entry["content"][PROBLEM_MEDIA_TYPE]["examples"])
    return by_status


def problem_schema() -> dict[str, Any]:
    """The schema that every refusal has."""
    return Problem.model_json_schema()
