"""Every error leaves in one envelope: RFC 9457, a stable code, nothing personal, no stack trace."""

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from verifier.protocol.errors import PROBLEM_MEDIA_TYPE, Refused, refusal

_BY_STATUS = {404: "request.not_found", 405: "request.method", 413: "request.too_large"}
STORE_RETRY_S = 2.0

log = structlog.get_logger("verifier")


def problem_response(refused: Refused) -> Response:
    """The refusal as it is sent."""
    problem = refused.problem()
    headers = {}
    if problem.retry_after is not None:
        headers["retry-after"] = str(max(1, round(problem.retry_after)))
    if problem.status == 401:
        headers["www-authenticate"] = "Shualian, Bearer, Session"
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=headers,
    )


def refusal_of(error: Exception) -> Refused:
    """What an exception of any kind is on the wire."""
    match error:
        case Refused():
            return error
        case HTTPException():
            return refusal(_BY_STATUS.get(error.status_code, "request.malformed"))
        case RequestValidationError():
            places = "; ".join(".".join(map(str, e["loc"])) for e in error.errors()[:5])
            return refusal("request.malformed", note=places)
        case PoolTimeout():
            return refusal("verifier.busy", note="no connection free", retry_after=1.0)
        case _ if store_is_away(error):
            return refusal("verifier.unavailable", note="store", retry_after=STORE_RETRY_S)
        case _:
            return refusal("verifier.internal", note=type(error).__name__)


def store_is_away(error: Exception) -> bool:
    """Whether PostgreSQL could not be reached, or went away in the middle.

    SQLSTATE classes 08 (connection), 53 (resources) and 57P (operator intervention), or none at
    all: the driver could not speak to a server.
    """
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        error = error.orig if isinstance(error.orig, Exception) else error
    if not isinstance(error, psycopg.Error):
        return False
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(("08", "53", "57P"))


def add_to(app: FastAPI) -> None:
    """Hold the envelope for the app's own errors and the framework's."""

    async def answer(request: Request, error: Exception) -> Response:
        refused = refusal_of(error)
        request.app.state.site.note(request, refused, error)
        response = problem_response(refused)
        if isinstance(error, HTTPException) and error.headers and "Allow" in error.headers:
            response.headers["allow"] = error.headers["Allow"]
        return response

    for kind in (Refused, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(Exception, _last_resort)


async def _last_resort(_: Request, __: Exception) -> Response:
    """For an error in the envelope itself."""
    return problem_response(refusal("verifier.internal"))
