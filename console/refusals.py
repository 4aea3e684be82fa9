"""What the pages refuse beyond what the verifier does, and how a refusal is said to staff."""

from collections.abc import Iterable

import web
from verifier.protocol.errors import RefusalKind, Refused

_STATUS = {
    "alarm.done": 409,
    "alarm.note": 422,
    "alarm.unknown": 404,
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
    "fence.stale": 409,
    "desk.authorisation.expiry": 422,
    "desk.authorisation.no_proxy": 409,
    "desk.authorisation.none": 409,
    "desk.authorisation.scope": 422,
    "desk.authorisation.uses": 422,
    "desk.birth_missing": 422,
    "desk.card_expired": 422,
    "desk.card_unfit": 422,
    "desk.consent_missing": 409,
    "desk.consent_withdrawn": 409,
    "desk.differs_from_enrolled": 409,
    "desk.document_number": 422,
    "desk.guardian_required": 422,
    "desk.guardian_unfit": 422,
    "desk.id_number.birth_date": 422,
    "desk.id_number.characters": 422,
    "desk.id_number.check_digit": 422,
    "desk.id_number.length": 422,
    "desk.id_number.region": 422,
    "desk.look_alike_unknown": 409,
    "desk.looks_like_another": 409,
    "desk.merge.not_now": 409,
    "desk.merge.own": 403,
    "desk.merge.reason": 422,
    "desk.merge.same": 422,
    "desk.name_differs": 409,
    "desk.name_invalid": 422,
    "desk.name_missing": 422,
    "desk.no_camera": 409,
    "desk.number_missing": 422,
    "desk.over": 410,
    "desk.person.erased": 410,
    "desk.person.has_number": 409,
    "desk.person.number_taken": 409,
    "desk.person.unknown": 404,
    "desk.person_not_confirmed": 409,
    "desk.picture": 422,
    "desk.referral.reason": 422,
    "desk.samples_differ": 409,
    "desk.tie.oneself": 422,
    "desk.tie.relation": 422,
    "desk.tie.unknown": 409,
    "counter.card_known": 409,
    "counter.card_lost": 409,
    "counter.document_expired": 409,
    "counter.later_no_pass": 409,
    "counter.line_entered": 409,
    "counter.no_proxy": 409,
    "counter.not_yours": 409,
    "counter.number_malformed": 422,
    "counter.other_person": 409,
    "counter.proxy_same": 409,
    "counter.reading_none": 409,
    "counter.second_self": 409,
    "counter.state": 409,
    "counter.taken": 409,
    "counter.time_outside": 422,
    "counter.too_late": 409,
    "counter.two_differ": 409,
    "counter.unknown": 404,
    "figures.day_malformed": 422,
    "figures.days_reversed": 422,
    "figures.filter_unknown": 422,
    "figures.too_early": 422,
    "figures.too_late": 422,
    "figures.too_long": 422,
    "form.malformed": 422,
    "form.other_mode": 409,
    "form.stale": 403,
    "practice.account_own": 403,
    "practice.account_taken": 409,
    "practice.account_unknown": 422,
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
    "training.invented_number": 409,
    "training.no_room": 403,
    "training.not_here": 409,
    "training.off": 409,
    "training.outside": 409,
    "training.real_number": 409,
    "training.unavailable": 503,
    "watch.not_heard": 409,
    "watch.not_tried": 409,
    "watch.own_proposal": 403,
    "watch.state": 409,
    "watch.text_malformed": 422,
    "watch.unknown": 404,
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
    "webhook.address_malformed",
    "webhook.address_public",
    "webhook.too_many",
    "webhook.unknown",
)
"""Codes with a sentence for staff, in both languages, that says what to do next."""


def refused(
    code: str, note: str = "", line: int | None = None, columns: Iterable[str] = ()
) -> Refused:
    """One of the pages' own refusals. Raises `KeyError` for another code.

    The sentence begins with the line of a table and the columns that are meant, where there are.
    """
    texts = (
        _placed(language, line, columns) + web.catalogue(language)[f"console.refused.{code}"]
        for language in ("en", "zh")
    )
    return Refused(RefusalKind(code, _STATUS[code], *texts), note)


def _placed(language: str, line: int | None, columns: Iterable[str]) -> str:
    t = web.translator(language)
    if line is None:
        return ""
    named = t("console.comma").join(t(f"console.batches.column.{column}") for column in columns)
    if named:
        return t("console.batches.at_columns", line=line, columns=named)
    return t("console.batches.at_line", line=line)


def said(refused: Refused, language: str) -> str:
    """The sentence; where there is none the verifier's own."""
    own = None
    if refused.code not in _STATUS:  # else its own words are the catalogue's, with a place perhaps
        own = web.catalogue(language).get(f"console.refused.{refused.code}")
    return own or (refused.kind.detail if language == "zh" else refused.kind.title)
