"""The pages' texts: each is there in both languages, and each is asked for."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import console
import web
from console.counter_lost import SECONDS
from console.counter_offline import TEXTS as OFFLINE_PAGE
from console.enrol_identity import DOCUMENTS
from console.figures_tables import PARTS
from console.ratings import STATES as MATTERS
from console.ratings_drawn import COLUMNS as OF_MATTERS
from console.ratings_drawn import PARTS as OF_RATINGS
from console.refusals import WORDED
from console.registry import PAGES
from console.rights import FORMS as RIGHTS_FORMS
from console.watch import STATES as CASES
from console.webhooks import STATES as WEBHOOKS
from enroll import table
from enroll.batch.report import SAID
from enroll.batch.states import State as BatchState
from enroll.desk import LINK_REASONS
from enroll.live import CODES as LOOKS
from enroll.live import SIGNS
from verifier.counter.chip import WhyNot
from verifier.counter.documents import KINDS
from verifier.counter.downtime import Outcome
from verifier.counter.items import ENDS as ENDS_AT_COUNTER
from verifier.counter.resolving import WHYS as WHYS_TO_PASS
from verifier.decision.facts import Reason as Because
from verifier.decision.tickets import REASON as BY_TICKET
from verifier.figures.counters import ENDED
from verifier.figures.erasures import Kind as Gone
from verifier.figures.machines import Flag
from verifier.figures.spans import Unit
from verifier.figures.visits import OUTCOMES, REFUSALS
from verifier.identity.desk_records import REASONS as DOUBTS
from verifier.identity.desk_records import Likeness
from verifier.identity.face_marks import REASONS as FACELESS
from verifier.identity.filing import FILE, WARN
from verifier.identity.lost_cards import CARDS
from verifier.identity.merging import REASONS as MERGED_FOR
from verifier.identity.ties import RELATIONS
from verifier.place import Datum
from verifier.place.proof import Proof
from verifier.practice.board import STATUSES
from verifier.practice.completeness import ENDS, REVIEWS
from verifier.practice.fence_refused import CODES
from verifier.practice.intake import FINDINGS
from verifier.practice.reconciling import WHYS
from verifier.practice.reconciling_export import COLUMNS
from verifier.practice.registry import BASES, PROFESSIONS, Payment, Right
from verifier.practice.windows import ClosedBy
from verifier.presence.attesting import IDENTIFIERS
from verifier.presence.hints import BY_ITSELF, CAUSES
from verifier.presence.rules import Away, Found, NotNow, WardKind
from verifier.protocol.desk import Printed
from verifier.protocol.his import Kind, VisitState
from verifier.protocol.practice import Reason
from verifier.protocol.rating import Because as RatedSo
from verifier.protocol.rating import Door, Grade
from verifier.ratings import intakes
from verifier.shifts import ShiftKind, SwapKind, SwapState
from verifier.store.counter_tables import ORIGINS, STATES
from verifier.training.invented import PEOPLE as INVENTED
from verifier.trust.accounts.roles import Permission, Role
from verifier.trust.alarms import Cause
from verifier.trust.terminal_states import State
from verifier.watch.rules import load as load_rules

LISTED = re.compile(r'^  "([a-z_.]+)",$', re.MULTILINE)
"""One code of a list of `phone_words.mjs`."""

ROOM = Path(console.__file__).parent
SOURCES = [*ROOM.glob("*.py"), *ROOM.glob("templates/*.html"), *ROOM.glob("static/*.mjs")]
LITERAL = re.compile(r"""["'](console\.[a-z_]+(?:\.[a-z_]+)*)["']""")


def used_keys() -> set[str]:
    """Every key that a page can ask for."""
    sources = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    keys = set(LITERAL.findall(sources)) - {page.path for page in PAGES}
    keys |= {f"{page.nav}.text" for page in PAGES if page.nav and page.nav != "console.nav.home"}
    keys |= {f"console.role.{role}{part}" for role in Role for part in ("", ".text")}
    keys |= {f"console.may.{permission}" for permission in Permission}
    keys |= {f"console.account.{state}" for state in ("invited", "active", "suspended", "closed")}
    keys |= {f"console.terminal.{state}" for state in State}
    keys |= {f"console.refused.{code}" for code in WORDED}
    keys |= {f"console.flash.account_{done}" for done in ("suspended", "reopened", "closed")}
    keys |= {f"console.flash.terminal_{done}" for done in ("suspended", "reinstated", "revoked")}
    keys |= {f"console.alarm.{cause}{part}" for cause in Cause for part in ("", ".text")}
    keys |= {f"console.alarm.state.{state}" for state in ("new", "seen", "done")}
    keys |= {f"console.fence.refused.{code.partition('.')[2]}" for code in CODES}
    keys |= {f"console.fence.datum.{datum}" for datum in Datum}
    keys |= {f"console.phone.reason.{reason}" for reason in Reason}
    swap = [f"{who}_{kind}" for who in ("asks", "asked") for kind in SwapKind]
    swap += [f"{done}{act}" for done in ("", "done_") for act in ("accept", "decline", "withdraw")]
    keys |= {f"console.phone.swap.{each}" for each in swap}
    keys.add("console.phone.kind.on_call")
    face = [f"hint.{each}" for each in ("start", "dark", "bright", "still", "hold", "ready")]
    face += [f"notice.{each}" for each in ("what", "where", "kept", "other")]
    face += ["done_agree", "done_disagree"]
    keys |= {f"console.phone.face.{each}" for each in face}
    words = (ROOM / "static" / "phone_words.mjs").read_text(encoding="utf-8")
    why, refused = (LISTED.findall(part) for part in words.partition("REFUSED")[::2])
    keys |= {f"console.phone.why.{code}" for code in ("other", *why)}
    keys |= {f"console.phone.refused.{code}" for code in ("other", *refused)}
    keys |= {f"console.roster.{each}" for each in ROSTER}
    keys |= {f"console.his.kind.{kind}" for kind in Kind}
    keys |= {f"console.his.answer.{why}" for why in ANSWERS}
    keys |= {f"console.webhooks.{state}" for state in ("active", "paused")}
    keys |= {f"console.flash.webhook_{state}" for state in WEBHOOKS}
    keys |= {
        f"console.flash.roster_{done}"
        for done in ("saved", "cell_saved", "restored", "given", "taken")
    }
    watched = load_rules().rules
    keys |= {f"console.watch.rule.{rule.id}" for rule in watched}
    keys |= {f"console.watch.cause.{cause}" for rule in watched for cause in rule.lawful}
    keys |= {f"console.watch.state.{state}" for state in CASES}
    keys |= {f"console.flash.watch_{done}" for done in ("on", "off")}
    keys |= {f"console.batches.{each}" for each in BATCHES}
    keys |= {f"console.rights.copy.{form}" for form in RIGHTS_FORMS}
    keys |= ward_keys()
    keys |= {f"console.flash.batch_{state}" for state in MOVED}
    keys |= {f"console.training.what.{each}" for each in ("counted", "people", "face", "back")}
    keys |= {f"console.training.lesson.{one.lesson}" for one in INVENTED if one.lesson}
    return (
        keys | practice_keys() | desk_keys() | counter_keys() | figures_keys() | ratings_keys()
    ) - NAMES


def ward_keys() -> set[str]:
    """Keys of ward presence that end in a value."""
    ends = {
        "found": [each for each in Found if each is not Found.AWAY],
        "away": Away,
        "not_now": [each.value.partition(".")[2] for each in NotNow],
        "identifier": IDENTIFIERS,
        "look": ["good", *(code for code in LOOKS if code != "too_near")],
        "cause": [*CAUSES, *BY_ITSELF],
        "kind": [*WardKind, "unstated"],
        "his": VisitState,
    }
    return {f"console.ward.{what}.{end}" for what, all_ in ends.items() for end in all_}


def desk_keys() -> set[str]:
    """Keys of the enrolment desk that end in a value."""
    ends = {
        "step": ["identity", "notice", "camera", "found", "done"],
        "document": [*DOCUMENTS, "social_security_card", "birth_certificate"],
        "sex": ["male", "female"],
        "look": ["good", "another", *LOOKS],
        "sign": SIGNS,
        "likeness": get_args(Likeness),
        "link": LINK_REASONS,
        "doubt": DOUBTS,
        "relation": RELATIONS,
        "state": ["confirmed", "provisional", "merged", "closed"],
        "tie": ["guardian", "mother", "proxy"],
        "authorisation": ["active", "revoked", "expired", "used_up"],
        "faceless.reason": FACELESS,
        "merge.reason": MERGED_FOR,
        "merge.state": ["asked", "undo_asked", "done"],
    }
    keys = {f"console.desk.{what}.{end}" for what, all_ in ends.items() for end in all_}
    return keys | {f"console.flash.enrol_{done}" for done in ("merged", "unmerged")}


def counter_keys() -> set[str]:
    """Keys of the counter's rooms that end in a value."""
    ends = {
        "state": STATES,
        "document": {*KINDS, *CARDS, *SECONDS},
        "reason": [*Because, *ORIGINS],
        "pass.why": WHYS_TO_PASS,
        "end": [*ENDS_AT_COUNTER, "passed_at_terminal"],
        "way": ["document", "chip_photo", "let_pass"],
        "offline": OFFLINE_PAGE,
        "offline.row": get_args(Outcome),
        "printer": [*get_args(Printed), *PRINTING],
        "chip.why_not": [*(why for why in get_args(WhyNot) if why), "no_face", "no_models"],
    }
    return {f"console.counter.{what}.{end}" for what, all_ in ends.items() for end in all_}


def figures_keys() -> set[str]:
    """Keys of the room of figures that end in a value."""
    ends = {
        "outcome": OUTCOMES,
        "unit": get_args(Unit),
        "quick": ["today", "yesterday", "seven", "thirty", "year"],
        "refused": REFUSALS,
        "reason": [BY_TICKET],
        "ended": ENDED,
        "flag": get_args(Flag),
        "mark": [WARN, FILE],
        "gone": get_args(Gone),
        "by": ["person", "time"],
    }
    keys = {f"console.figures.{what}.{end}" for what, all_ in ends.items() for end in all_}
    return keys | {f"console.figures.{part}" for part in PARTS}


def ratings_keys() -> set[str]:
    """Keys of the room of ratings that end in a value."""
    ends: dict[str, Iterable[str]] = {
        "grade": Grade,
        "door": Door,
        "because": RatedSo,
        "kind": intakes.KINDS,
        "state": MATTERS,
        "outcome": intakes.OUTCOMES,
        "step": intakes.STEPS,
        "first_answer": ("in_time", "after"),
    }
    keys = {f"console.ratings.{what}.{end}" for what, all_ in ends.items() for end in all_}
    return keys | {f"console.ratings.{each}" for each in (*OF_RATINGS, *OF_MATTERS, "range")}


def practice_keys() -> set[str]:
    """Keys of the rooms of practice that end in a value."""
    ends = {
        "status": [status for status in STATUSES if status != "off"],
        "way": ["face", "other"],
        "state": ["confirmed", "provisional", "approved", "denied", "deferred"],
        "reason": [*Reason, "none", "not_asked"],
        "shift": ["on_shift", "on_call", "off", "unscheduled"],
        "proof": list(Proof),
        "profession": PROFESSIONS.values(),
        "right": [*get_args(Right), "missing"],
        "payment": [*get_args(Payment), "unknown"],
        "basis": BASES,
        "import.act": ["new", "department", "login", "registration", "payment"],
        "finding": FINDINGS,
        "why": WHYS,
        "column": COLUMNS,
        "end": ENDS,
        "review": REVIEWS,
        "closing": [*get_args(ClosedBy), "open"],
    }
    return {f"console.practice.{what}.{end}" for what, all_ in ends.items() for end in all_}


PRINTING = ("is.no_paper", "is.trouble", "waiting", "handed", "unanswered")
ANSWERS = (
    *("address_malformed", "address_public", "address_unknown"),
    *("redirected", "removed", "timeout", "unreachable"),
)
"""Why a notification was not taken, but for a status: `verifier.his.sending`."""

ROSTER = (
    *("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    *(f"kind.{kind}" for kind in (*ShiftKind, *SwapKind)),
    *(f"swap.{state}" for state in SwapState),
)
BATCHES = (
    *(f"state.{state}" for state in BatchState),
    *(f"outcome.{outcome}" for outcome in SAID if outcome != "pending"),
    *(f"column.{column}" for column in table.COLUMNS),
    *(f"encoding.{encoding}" for encoding in ("utf8", "gb18030", "xlsx")),
)
MOVED = ("running", "paused", "cancelled", "undoing")
NAMES = {"console.needs_tls", "console.app", "console.snapshot"}
"""What looks like a key and is none: a code, modules."""


def there() -> set[str]:
    return {key for key in web.catalogue("zh") if key.startswith("console.")}


def test_no_text_that_is_asked_for_is_missing() -> None:
    assert used_keys() - there() == set()


def test_no_text_stands_there_that_nobody_asks_for() -> None:
    assert there() - used_keys() == set()


def test_a_translator_fills_in_values_and_shows_a_key_that_is_missing() -> None:
    t = web.translator("en")
    assert t("console.refused.wait", seconds=9) == "Try again in 9 seconds."
    assert t("console.nowhere") == "console.nowhere"


def test_no_template_has_a_script_a_style_or_a_word_of_its_own() -> None:
    for template in ROOM.glob("templates/*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\bstyle=|<style|\bon[a-z]+=|<script(?! type=\"module\" src=)", text)
        assert "|safe" not in text
        # Chinese stands in the catalogue alone; the product's own name is the exception.
        assert not re.search(r"[一-鿿]", text.replace("刷脸", "")), template.name
