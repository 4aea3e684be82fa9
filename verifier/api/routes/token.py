"""`POST /v1/token`: a machine client's signed assertion buys an access token."""

from typing import Any
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request, Response

from verifier.protocol.errors import refusal

from ..access import Access, extra, refusals
from ..deps import Here
from ..tokens import TokenAnswer

router = APIRouter(tags=["clients"])

FORM = "application/x-www-form-urlencoded"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_FIELDS: dict[str, dict[str, Any]] = {
    "grant_type": {"type": "string", "const": "client_credentials"},
    "client_assertion_type": {"type": "string", "const": ASSERTION_TYPE},
    "client_assertion": {
        "type": "string",
        "description": "JWS, typ client-authentication+jwt, kid, iss and sub the client's id, "
        "aud the verifier's name, exp at most five minutes ahead, jti used once.",
    },
    "scope": {"type": "string", "description": "Some of the client's scopes; all if left out."},
}


@router.post(
    "/v1/token",
    response_model=TokenAnswer,
    responses=refusals("auth.invalid", "auth.forbidden", "request.malformed", "request.media_type"),
    openapi_extra=extra(
        Access.CLIENT_ASSERTION,
        requestBody={
            "required": True,
            "content": {
                FORM: {
                    "schema": {
                        "type": "object",
                        "properties": _FIELDS,
                        "required": ["grant_type", "client_assertion_type", "client_assertion"],
                    },
                    "example": f"grant_type=client_credentials&client_assertion_type="
                    f"{quote(ASSERTION_TYPE, safe='')}&client_assertion=eyJhbGciOiJFUzI1NiIs…",
                }
            },
        },
    ),
)
async def give_a_token(request: Request, site: Here) -> Response:
    """Client credentials with `private_key_jwt` (RFC 7523). Errors are problem documents too."""
    form = await _form(request)
    if form.get("grant_type") != "client_credentials":
        raise refusal("request.malformed", note="grant_type")
    if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
        raise refusal("request.malformed", note="client_assertion")
    answer = await site.small.take(
        site.tokens.grant, form["client_assertion"], form.get("scope"), site.parts.clock()
    )
    return Response(answer.model_dump_json(), media_type="application/json")


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise refusal("request.media_type")
    try:
        fields = parse_qs((await request.body()).decode("ascii"), max_num_fields=16)
    except ValueError:
        raise refusal("request.malformed", note="form") from None
    if any(len(values) != 1 for values in fields.values()):
        raise refusal("request.malformed", note="a field twice")
    return {name: values[0] for name, values in fields.items()}
