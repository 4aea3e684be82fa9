"""What the pages refuse beyond what the verifier does, and how a refusal is said to staff."""

import web
from verifier.protocol.errors import RefusalKind, Refused

_STATUS = {
    "batch.full": 409,
    "batch.incomplete": 409,
    "batch.part": 422,
    "batch.photos_gone": 410,
    "batch.state": 409,
    "batch.table_broken": 422,
    "batch.table_columns": 422,
    "batch.table_empty": 422,
    "batch.table_encoding": 422,
    "batch.table_unreadable": 422,
    "batch.too_large": 413,
    "batch.too_many_rows": 413,
    "batch.unavailable": 503,
    "batch.unknown": 404,
    "batch.zip": 422,
    "batch.zip_encrypted": 422,
    "batch.zip_name": 422,
    "batch.zip_too_large": 413,
    "batch.zip_too_many": 413,
    "batch.zip_twice": 422,
    "console.needs_tls": 403,
    "form.malformed": 422,
    "form.stale": 403,
    "practice.code_malformed": 422,
    "practice.code_taken": 409,
    "practice.department_unknown": 422,
    "practice.file_columns": 422,
    "practice.file_too_long": 413,
    "practice.file_unreadable": 422,
    "practice.login_taken": 409,
    "practice.name_differs": 409,
    "practice.name_missing": 422,
    "practice.number_malformed": 422,
    "practice.number_taken": 409,
    "practice.qualification_malformed": 422,
    "practice.registration_malformed": 422,
    "practice.supervisor_unknown": 422,
    "practice.text_malformed": 422,
    "practice.time_malformed": 422,
    "reconcile.empty": 422,
    "reconcile.encoding": 422,
    "reconcile.no_header": 422,
    "reconcile.too_large": 413,
    "reconcile.unreadable": 422,
    "upload.missing": 422,
    "upload.too_large": 413,
}

WORDED = (
    *_STATUS,
    "account.code_invalid",
    "account.for_good",
    "account.forbidden",
    "account.login_malformed",
    "account.login_taken",
    "account.not_taken_up",
    "account.oneself",
    "account.password_weak",
    "account.session_ended",
    "account.sign_in_failed",
    "account.too_many",
    "account.unknown",
    "practice.enrol_own",
    "practice.review_done",
    "practice.review_own",
    "practice.time_outside",
    "practice.unknown",
    "practice.window_unknown",
    "request.malformed",
    "request.not_found",
    "request.timeout",
    "request.too_large",
    "role.conflict",
    "terminal.for_good",
    "verifier.busy",
    "verifier.internal",
    "verifier.unavailable",
)
"""Codes with a sentence for staff, in both languages, that says what to do next."""


def refused(code: str, note: str = "") -> Refused:
    """One of the pages' own refusals. Raises `KeyError` for another code."""
    texts = (web.catalogue(language)[f"console.refused.{code}"] for language in ("en", "zh"))
    return Refused(RefusalKind(code, _STATUS[code], *texts), note)


def said(refused: Refused, language: str) -> str:
    """The sentence; where there is none the verifier's own."""
    own = web.catalogue(language).get(f"console.refused.{refused.code}")
    return own or (refused.kind.detail if language == "zh" else refused.kind.title)
