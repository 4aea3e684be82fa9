"""How long each kind of data lives, and the sweeper that ends it (令第19号 Art. 8, PIPL Art. 19).

One table says it for every table of the store; a test fails where one is missing. What ends is
entered in the ledger in the same transaction, so that `ledger verify` can tell a row whose time was
over from one that somebody removed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, text

from verifier.ledger import append

from . import erasure
from .galleries import Gallery

UNSEEN = timedelta(days=730)
"""24 months without a visit: the face goes."""

FORGOTTEN = timedelta(days=1095)
"""Three years without a visit: the person's name and numbers go."""

DECIDED = timedelta(days=1095)
"""Decisions and receipts: as long as an assessment's records are kept (PIPL Art. 56)."""

PRACTISED = timedelta(days=200)
"""A HIS may ask of 180 days; then what only answers it goes."""

POINTED = timedelta(days=62)

EXPECTED = timedelta(days=7)
"""After a visit's validity, so that a message that comes late finds the newer one."""

LOOKED_IN = timedelta(days=92)
"""A quarter: a stay is settled within a month, and disputed within two more."""

RATED = timedelta(days=730)
"""Two years, so that a year can be held against the one before; a rating names nobody."""

RATING_WORDS = timedelta(days=90)
"""What somebody wrote about a visit, and the words of a matter after it is closed."""

REACHED = timedelta(days=7)
"""The way to reach somebody, after the matter is closed: long enough to take a closing back. It
never lives longer than `RATING_WORDS` after the matter came, closed or not."""

BATCH_PHOTOS = timedelta(days=7)
"""A batch that nobody finished: its photos go, whatever became of its rows."""

BATCHED = timedelta(days=200)
"""What became of a batch's rows, so that it can be explained and taken back."""

SWEPT = "retention.swept"
BATCH = 200


@dataclass(frozen=True)
class Life:
    """How long one kind of data lives.

    Attributes:
        life: None where something else than time ends it.
        since: from which moment it counts.
    """

    table: str
    what_zh: str
    what_en: str
    life: timedelta | None
    since: str
    why: str
    ends: str


_DAY = timedelta(days=1)
LIVES = (
    Life("templates", "人脸模板", "face template", UNSEEN, "the last visit, or enrolment",
         "shortest that spares a patient who returns yearly from enrolling again",
         "on withdrawal at once; otherwise the sweeper, as a withdrawal"),
    Life("template_removals", "模板删除记录", "that a template went", None, "",
         "indexes in memory of other verifiers follow it", "with the gallery"),
    Life("people", "姓名", "name, under the person's data key", FORGOTTEN, "the last visit",
         "a decision of that time may have to be explained", "the data key goes, the id stays"),
    Life("identifiers", "证件号码", "numbers, under the data key", FORGOTTEN, "the last visit",
         "as the name", "with the person"),
    Life("consents", "同意记录", "consents: kind, notice, times", None, "",
         "proof that a face was used lawfully; names nobody", "kept with the ledger"),
    Life("decisions", "核验结果", "decisions: codes, rates, ids", DECIDED, "the decision",
         "fund inspection and complaints look back", "the sweeper"),
    Life("receipts", "核验凭证", "signed receipts", DECIDED, "the decision", "as decisions",
         "the sweeper"),
    Life("challenges", "挑战", "challenges", _DAY, "their end, where no decision names them",
         "a late answer is told what became of it", "the housekeeper"),
    Life("seen_crops", "人脸小图指纹", "keyed hashes of crops", timedelta(days=30), "the decision",
         "against injection of an old picture", "the housekeeper"),
    Life("used_tokens", "已用码", "keyed hashes of codes", timedelta(minutes=10), "their use",
         "a code counts once", "the housekeeper"),
    Life("used_assertions", "已用断言", "ids of assertions", timedelta(minutes=5), "their use",
         "an assertion counts once", "the housekeeper"),
    Life("terminal_invitations", "终端登记码", "keyed hashes of registration codes", _DAY,
         "their end", "a terminal may ask again with the same key", "with the next invitation"),
    Life("phone_invitations", "手机登记码", "keyed hashes of registration codes of phones", _DAY,
         "their end", "a phone may ask again with the same key", "with the next invitation"),
    Life("account_codes", "启用码", "keyed hashes of account codes", _DAY, "their making",
         "a person takes an account up", "the housekeeper"),
    Life("sessions", "登录", "digests of tokens", timedelta(hours=12), "signing in",
         "a session is no longer", "the housekeeper, and each sign-in"),
    Life("accounts", "工作人员账号", "work numbers, hashes", None, "",
         "the ledger's entries name them by id", "closed, not removed"),
    Life("account_roles", "角色", "roles", None, "", "with the account", "taken away"),
    Life("enrol_batches", "批量建档", "that a table was handed over; its key, while photos wait",
         BATCHED, "its making", "whoever was enrolled by it can be told, and taken back",
         "the sweeper; the key and the photos when it ends, or after 7 days"),
    Life("enrol_batch_rows", "批量建档行", "what became of a row: codes, person's id", BATCHED,
         "its making", "as the batch", "with the batch"),
    Life("terminals", "终端", "terminals and their public keys", None, "",
         "old claims must be checked", "revoked, not removed"),
    Life("alarms", "告警", "what was noticed of terminals, who looked, a note", PRACTISED,
         "their being done", "180 days of a security event's handling are the least",
         "the sweeper"),
    Life("clients", "对接系统", "machine clients and their public keys", None, "",
         "as terminals", "replaced"),
    Life("sites", "院区", "sites, fences, networks", None, "", "windows name them", "never"),
    Life("fence_versions", "围栏历史版本", "a site's fence as it was before it was drawn anew",
         DECIDED, "the saving", "a window is read by the fence of its day", "the sweeper"),
    Life("departments", "科室", "departments", None, "", "windows name them", "never"),
    Life("practitioners", "医务人员", "codes of staff; name and number are a person's", None, "",
         "windows name them by id", "the person's erasure leaves the code"),
    Life("practice_registrations", "执业注册", "registrations and exceptions", None, "",
         "a window is read by the registration of its day", "ended, not removed"),
    Life("qualifications", "医保支付资格", "payment qualification and its source", None, "",
         "a question may be of 180 days ago", "never"),
    Life("roster_slots", "排班", "who is planned where", PRACTISED, "their end",
         "as practice windows", "the sweeper"),
    Life("roster_swaps", "换班替班", "who asked and accepted", PRACTISED, "the asking",
         "as the roster", "the sweeper"),
    Life("roster_versions", "排班历史版本", "a month as it was before it was saved", PRACTISED,
         "the saving", "as the roster", "the sweeper"),
    Life("scheduler_departments", "排班员所属科室", "which account keeps which roster", None, "",
         "with the account", "taken away"),
    Life("practice_windows", "执业时段", "who practised where, from when until when", DECIDED,
         "their end", "fund inspection looks back as for decisions", "the sweeper"),
    Life("practice_points", "签到位置", "one point a check-in, under the data key",
         POINTED, "the check-in", "a month is reconciled, and disputed for another",
         "the sweeper; no track is kept"),
    Life("practice_locks", "执业锁", "keyed hashes, sites, times", PRACTISED, "their end",
         "a question may be of 180 days ago", "the sweeper"),
    Life("practice_changes", "执业变更", "that something changed: ids, times", PRACTISED,
         "the change", "a HIS that was away catches up", "the sweeper"),
    Life("expected_visits", "预约与在院", "visits that a HIS expects: keyed hash, place, times",
         EXPECTED, "the end of its validity; without one 31 days after it was last told",
         "a late message must not bring an old state back",
         "the sweeper, and the person's erasure"),
    Life("his_feeds", "数据更新时间", "when each kind was last heard of", None, "",
         "staff see how fresh a list is", "overwritten"),
    Life("webhooks", "通知地址", "addresses in the hospital's network", None, "",
         "deliveries name them", "removed by staff; the row stays"),
    Life("webhook_deliveries", "通知", "which decision was told to which address: ids",
         PRACTISED, "the making", "a dead letter may be sent again", "the sweeper"),
    Life("enrolments", "建档记录", "where and when somebody was enrolled; birth and sex sealed",
         FORGOTTEN, "the last visit", "a look-alike's clerk is told where the other was enrolled",
         "with the person"),
    Life("duplicate_referrals", "重复建档疑点", "doubts for the insurance office: ids, a reason",
         DECIDED, "the doubt", "fund inspection looks back as for decisions",
         "the sweeper, and with the person"),
    Life("person_ties", "代办人、监护人", "who stands for whom: ids", DECIDED, "its end",
         "an act by a proxy may have to be explained", "the sweeper, and with the person"),
    Life("face_marks", "不刷脸的标记", "who goes without a face: a code, times", DECIDED, "its end",
         "visits without a face are read by it", "the sweeper, and with the person"),
    Life("standing_authorisations", "长期授权", "what a proxy may do, how often, until when",
         DECIDED, "its end", "as ties", "the sweeper, and with the person"),
    Life("person_merges", "合并记录", "which file became part of which: ids", None, "",
         "it is taken back by it, and an erasure reaches both", "kept with the ledger"),
    Life("counter_items", "人工窗口记录", "visits at the counter: ids, codes, times", DECIDED,
         "the entry", "as decisions", "the sweeper"),
    Life("counter_results", "人工窗口核对依据",
         "kinds of documents seen, keyed hashes of their numbers, who decided", DECIDED,
         "the entry of the visit", "as decisions", "with the visit"),
    Life("lost_cards", "挂失", "keyed hashes of cards reported lost", DECIDED,
         "its being taken off", "as decisions; a card on the list stays there", "the sweeper"),
    Life("watch_rules", "疑点规则", "which rules a hospital tried and switched on", None, "",
         "cases name them", "overwritten"),
    Life("watch_cases", "疑点", "ids of people and decisions, states, what a person said, sealed",
         DECIDED, "the finding", "whoever was looked at can ask how it ended", "the sweeper"),
    Life("region_sightings", "区域内就诊", "keyed hashes, institution, time, site's point", POINTED,
         "the visit", "two places too soon are told within weeks", "the sweeper"),
    Life("presence_wards", "病区类别", "what a ward is for", None, "", "looks rest on it",
         "overwritten"),
    Life("presence_looks", "在院核验", "looks at a bed: ids, ward, bed, time, codes", LOOKED_IN,
         "the look", "a stay is settled within a month, and disputed within two more",
         "the sweeper, and the person's erasure"),
    Life("presence_answers", "住院期间刷脸的同意", "consents for one stay: notice, times",
         LOOKED_IN, "the last look of the stay", "as looks; that it was given stands in the ledger",
         "the sweeper, and the person's erasure"),
    Life("presence_hints", "在院提示", "that a bed was empty twice, and what explained it",
         LOOKED_IN, "the second time", "as looks", "the sweeper, and the person's erasure"),
    Life("ratings", "好差评", "grade, door, site, day; free text sealed, for 90 days", RATED,
         "its day", "a year is held against the one before", "the sweeper"),
    Life("intakes", "受理", "matters brought: kind, times, owner; words, way to be reached sealed",
         DECIDED, "its closing", "whoever brought it can ask how it ended",
         "the sweeper; way to be reached 7 (90 after it came), words 90 days after"),
    Life("intake_steps", "受理过程", "what was told, answered, changed, sealed", DECIDED,
         "the closing of the intake", "as the intake",
         "with the intake; what was told, found, answered 90 days after the closing"),
    Life("training_switches", "练习开关", "whether staff may practise", None, "",
         "asked at each entry", "overwritten"),
    Life("galleries", "人脸库", "the gallery's key, wrapped", None, "", "templates need it",
         "replaced when keys are renewed"),
    Life("institutions", "机构", "codes and names", None, "", "everything names them", "never"),
    Life("policies", "策略", "policies that were in force", None, "",
         "a decision is read by its policy", "never"),
    Life("erasure_lines", "删除清单", "signed list of what is gone: ids, times", None, "",
         "a restored back-up must not bring it back; it names nobody", "never"),
    Life("ledger", "账本", "ids, codes, times", None, "",
         "180 days are the least (网络安全法 Art. 21); it names nobody", "never"),
    Life("ledger_leaves", "账本叶", "hashes", None, "", "with the ledger", "never"),
    Life("checkpoints", "检查点", "signed tree heads", None, "", "with the ledger", "never"),
)  # fmt: skip

_UNSEEN = text("""
SELECT t.person FROM templates AS t WHERE t.gallery = :gallery AND NOT t.synthetic
AND t.created_at < :end AND NOT EXISTS (
  SELECT 1 FROM decisions AS d WHERE d.person = t.person AND d.decided_at >= :end
) ORDER BY t.person LIMIT :batch
""")
_FORGOTTEN = text("""
SELECT p.id FROM people AS p WHERE p.institution = :institution AND NOT p.synthetic
AND p.data_key_sealed IS NOT NULL AND p.created_at < :end
AND NOT EXISTS (SELECT 1 FROM templates AS t WHERE t.person = p.id)
AND NOT EXISTS (SELECT 1 FROM decisions AS d WHERE d.person = p.id AND d.decided_at >= :end)
ORDER BY p.id LIMIT :batch
""")
_OLD = text("""
SELECT d.id, d.challenge FROM decisions AS d
WHERE d.institution = :institution AND d.decided_at < :end
AND NOT EXISTS (SELECT 1 FROM receipts AS r WHERE r.decision = d.id AND r.expires_at >= :end)
ORDER BY d.decided_at LIMIT :batch
""")
_PRACTICE = (
    ("practice_points", "taken_at", POINTED),
    ("practice_windows", "until", DECIDED),
    ("fence_versions", "saved_at", DECIDED),
    ("alarms", "done_at", PRACTISED),
    ("roster_slots", "ends_at", PRACTISED),
    ("roster_swaps", "asked_at", PRACTISED),
    ("roster_versions", "saved_at", PRACTISED),
    ("practice_locks", "until", PRACTISED),
    ("practice_changes", "at", PRACTISED),
)
_HIS = (
    ("expected_visits", "coalesce(valid_to, heard_at + interval '31 days')", EXPECTED),
    ("webhook_deliveries", "created_at", PRACTISED),
)
"""Tables, the column of their end, and their life. Points go with their windows."""

_DESK = (
    ("duplicate_referrals", "at", DECIDED),
    ("person_ties", "ended_at", DECIDED),
    ("face_marks", "coalesce(ended_at, until)", DECIDED),
    ("standing_authorisations", "coalesce(revoked_at, expires_at)", DECIDED),
)
"""Tables of the enrolment desk and what their life counts from."""
_COUNTER = (("counter_items", "entered_at", DECIDED), ("lost_cards", "ended_at", DECIDED))
"""The counter's, before the decisions that they name. Results go with their items."""
_WATCH = (("watch_cases", "found_at", DECIDED), ("region_sightings", "at", POINTED))
_PRESENCE = (
    ("presence_looks", "at", LOOKED_IN),
    ("presence_answers", "used_at", LOOKED_IN),
    ("presence_hints", "found_at", LOOKED_IN),
)
_RATINGS = (("intakes", "closed_at", DECIDED), ("ratings", "day", RATED))
"""Steps go with their intakes. What is open stays, however old."""

_WORDS = (
    """
    UPDATE ratings SET text_sealed = NULL
    WHERE institution = :mine AND text_sealed IS NOT NULL AND day < :words
    """,
    """
    UPDATE intakes SET said_sealed = NULL
    WHERE institution = :mine AND said_sealed IS NOT NULL AND closed_at < :words
    """,
    """
    UPDATE intakes SET reach_sealed = NULL
    WHERE institution = :mine AND reach_sealed IS NOT NULL
      AND (closed_at < :reached OR received_at < :words)
    """,
    """
    UPDATE intake_steps AS s SET words_sealed = NULL FROM intakes AS i
    WHERE i.id = s.intake AND s.institution = :mine AND s.words_sealed IS NOT NULL
      AND s.kind IN ('told','noted','answered') AND i.closed_at < :words
    """,
)
_BATCH_PHOTOS = text("""
UPDATE enrol_batches SET state = 'expired', key_sealed = NULL, changed_at = :at
WHERE institution = :mine AND created_at < :photos
AND state IN ('uploading', 'ready', 'running', 'paused') RETURNING id
""")
_BATCHES = text("DELETE FROM enrol_batches WHERE institution = :mine AND created_at < :end")

_SHORT = {
    "account_codes": text("DELETE FROM account_codes WHERE expires_at < :now"),
    "sessions": text("DELETE FROM sessions WHERE begun_at < :sessions"),
}


class Sweeper:
    """Ends what has had its time, of one institution."""

    def __init__(self, engine: Engine, gallery: Gallery) -> None:
        self._engine, self._gallery = engine, gallery

    def due(self, at: datetime) -> dict[str, int]:
        """How much would end now, at most one batch of each kind; nothing changes."""
        with self._engine.connect() as conn:
            return {
                "templates": len(self._unseen(conn, at)),
                "people": len(self._forgotten(conn, at)),
                "decisions": len(self._old(conn, at)),
            }

    def sweep(self, at: datetime) -> dict[str, int]:
        """End everything whose time is over, in batches that each commit; how much of each."""
        gone = {"templates": 0, "people": 0, "decisions": 0}
        for table, statement in _SHORT.items():
            with self._engine.begin() as conn:
                bound = {"now": at, "sessions": at - timedelta(hours=12)}
                named = {name: bound[name] for name in statement.compile().params}
                gone[table] = int(conn.execute(statement, named).rowcount)
        for person in self._each(at, self._unseen):
            with self._engine.begin() as conn:
                gone["templates"] += erasure.withdraw(
                    conn, self._gallery, person, reason="retention"
                )
        for person in self._each(at, self._forgotten):
            with self._engine.begin() as conn:
                erasure.erase(conn, self._gallery, person)
            gone["people"] += 1
        gone["practice"] = self._ended("practice", _PRACTICE, at)
        gone["his"] = self._ended("his", _HIS, at)
        gone["desk"] = self._ended("desk", _DESK, at)
        gone["counter"] = self._ended("counter", _COUNTER, at)
        gone["batches"] = self._batches(at)
        gone["watch"] = self._ended("watch", _WATCH, at)
        gone["presence"] = self._ended("presence", _PRESENCE, at)
        gone["ratings"] = self._words(at) + self._ended("ratings", _RATINGS, at)
        while count := self._decisions(at):
            gone["decisions"] += count
        return gone

    def _ended(
        self, what: str, tables: tuple[tuple[str, str, timedelta], ...], at: datetime
    ) -> int:
        """Rows of a room that only time ends, in the order of the tables: windows and visits before
        the decisions that they name."""
        mine, count = self._gallery.institution, 0
        with self._engine.begin() as conn:
            for table, column, life in tables:
                old = f"DELETE FROM {table} WHERE institution = :mine AND {column} < :end"  # noqa: S608
                count += conn.execute(text(old), {"mine": mine, "end": at - life}).rowcount
            if count:
                append(conn, mine, SWEPT, {"what": what, "count": count})
        return count

    def _words(self, at: datetime) -> int:
        """What people wrote of a visit or a matter, and how to reach them."""
        mine, count = self._gallery.institution, 0
        bound = {"mine": mine, "words": at - RATING_WORDS, "reached": at - REACHED}
        with self._engine.begin() as conn:
            for statement in map(text, _WORDS):
                named = {name: bound[name] for name in statement.compile().params}
                count += conn.execute(statement, named).rowcount
            if count:
                append(conn, mine, SWEPT, {"what": "rating_words", "count": count})
        return count

    def _batches(self, at: datetime) -> int:
        """Photos that wait lose the key that opens them; old batches go with their rows."""
        mine = self._gallery.institution
        bound = {"mine": mine, "at": at, "photos": at - BATCH_PHOTOS, "end": at - BATCHED}
        with self._engine.begin() as conn:
            for batch in conn.scalars(_BATCH_PHOTOS, bound).all():
                append(conn, mine, "batch.expired", {"batch": batch, "by": "retention"})
            count = int(conn.execute(_BATCHES, bound).rowcount)
            if count:
                append(conn, mine, SWEPT, {"what": "batches", "count": count})
        return count

    def _each(
        self, at: datetime, which: Callable[[Connection, datetime], list[str]]
    ) -> Iterator[str]:
        """People, batch by batch; a batch that does not shrink is the last."""
        before: list[str] = []
        while True:
            with self._engine.connect() as conn:
                found = which(conn, at)
            if not found or found == before:
                return
            before = found
            yield from found

    def _decisions(self, at: datetime) -> int:
        with self._engine.begin() as conn:
            rows = self._old(conn, at)
            if not rows:
                return 0
            ids = {"ids": [row[0] for row in rows], "challenges": [row[1] for row in rows]}
            conn.execute(text("DELETE FROM receipts WHERE decision = ANY(:ids)"), ids)
            conn.execute(text("DELETE FROM decisions WHERE id = ANY(:ids)"), ids)
            conn.execute(text("DELETE FROM challenges WHERE id = ANY(:challenges)"), ids)
            before = (at - DECIDED).astimezone(UTC).isoformat()
            body = {"what": "decisions", "count": len(rows), "before": before}
            append(conn, self._gallery.institution, SWEPT, body)
        return len(rows)

    def _unseen(self, conn: Connection, at: datetime) -> list[str]:
        bound = {"gallery": self._gallery.id, "end": at - UNSEEN, "batch": BATCH}
        return list(conn.scalars(_UNSEEN, bound))

    def _forgotten(self, conn: Connection, at: datetime) -> list[str]:
        mine = self._gallery.institution
        bound = {"institution": mine, "end": at - FORGOTTEN, "batch": BATCH}
        return list(conn.scalars(_FORGOTTEN, bound))

    def _old(self, conn: Connection, at: datetime) -> list[tuple[str, str]]:
        mine = self._gallery.institution
        bound = {"institution": mine, "end": at - DECIDED, "batch": BATCH}
        return [(row.id, row.challenge) for row in conn.execute(_OLD, bound)]
