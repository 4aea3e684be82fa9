"""The readable form of a subject's export: one page, nothing from elsewhere, fit to print."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from .subject import Subject

_LOCAL = ZoneInfo("Asia/Shanghai")
_STYLE = (
    "body{font:16px/1.6 'Noto Sans CJK SC',sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;width:100%;margin:.5em 0 1.5em}"
    "th,td{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}"
    "th{background:#eef2f5}h2{margin-bottom:0}"
)
_WORDS = {
    "resident_id": "居民身份证",
    "social_security_card": "社会保障卡",
    "passport": "护照",
    "permit": "居住证、通行证",
    "birth_certificate": "出生医学证明",
    "hospital_number": "就诊号",
    "confirmed": "已确认",
    "provisional": "待核实",
    "merged": "已合并",
    "closed": "已关闭",
    "separate": "本人单独同意",
    "guardian": "监护人同意",
    "phone": "本人同意用自己的手机刷脸",
    "outpatient_registration": "门诊挂号",
    "settlement": "医保结算",
    "dispensing": "取药",
    "appointments": "预约",
    "admission-orders": "住院证",
    "inpatients": "在院",
    "planned": "有效",
    "cancelled": "已取消",
    "done": "已完成",
    "mother": "母亲",
    "proxy": "代办人",
    "person.enrolled_at_desk": "在窗口建档",
    "own_wish": "本人意愿",
    "cannot_compare": "无法比对",
    "person.face_marked": "登记为不刷脸",
    "person.face_unmarked": "解除不刷脸的登记",
    "person.tied": "登记代办人或监护人",
    "person.untied": "解除代办人或监护人",
    "authorisation.given": "给出长期授权",
    "authorisation.used": "代办人使用授权",
    "authorisation.revoked": "收回授权",
    "duplicate.referred": "相貌疑点转医保办",
    "person.merged": "合并档案",
    "person.unmerged": "撤销合并",
    "person.number_attached": "补登证件号码",
    "person.registered": "建立档案",
    "person.erased": "删除个人信息",
    "consent.recorded": "记录同意",
    "consent.phone_withdrawn": "撤回手机刷脸的同意",
    "consent.withdrawn": "撤回同意或到期，删除人脸模板",
    "template.enrolled": "保存人脸模板",
    "template.consent_renewed": "按新版告知书再次同意，人脸模板不变",
    "claim.decided": "核验",
    "subject.exported": "提供本副本",
    "counter.decided": "人工窗口核对",
    "card.lost": "登记挂失",
    "terminal": "自助终端转来",
    "pressed": "在终端选择人工窗口",
    "emergency": "急诊先救",
    "downtime": "停机补录",
    "waiting": "等候",
    "taken": "办理中",
    "later": "待补核验",
    "resolved": "已核对",
    "left": "已离开",
    "ward.face": "已刷脸核对",
    "ward.wristband": "已核对腕带",
    "ward.away": "不在床上",
    "ward.asleep": "睡着",
    "ward.unsure": "人脸与档案没有对上",
    "ward.empty": "床上没有人",
    "ward.undone": "撤回",
    "ward.examination": "检查",
    "ward.operation": "手术",
    "ward.dialysis": "透析",
    "ward.leave": "请假",
    "ward.transfer": "转科或转院",
    "ward.discharged": "已出院",
    "ward.bed_changed": "换床",
    "ward.system_behind": "系统更新晚了",
    "ward.in_the_record": "病历中另有说明",
    "ward.met": "之后已见到或知道去向",
    "presence.looked": "在院核验",
    "presence.agreed": "同意住院期间刷脸",
    "presence.declined": "不同意住院期间刷脸",
    "presence.hint": "在院提示",
}
_OUTCOMES = {
    "accepted": "通过 accepted",
    "rejected": "不一致 rejected",
    "retry": "请重试 retry",
    "refer": "转人工 referred",
    "refused": "未受理 refused",
}


def render(subject: Subject) -> str:
    """HTML in Chinese and English."""
    parts = [
        f"<p>{_said(subject.institution)} · {_time(subject.made_at)}</p>",
        *_who(subject),
        *_seen(subject),
        *_desk(subject),
        *_expected(subject),
        *_counter(subject),
        *_ward(subject),
        *_kept(subject),
        (
            "<p>您可以更正、撤回同意或要求删除，请到建档窗口办理；不影响就诊。"
            "You may correct, withdraw or have erased: ask at the enrolment desk. "
            "Your treatment does not depend on it.</p>"
        ),
    ]
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        f"<title>个人信息副本</title><style>{_STYLE}</style>"
        f"<h1>个人信息副本 A copy of your personal information</h1>{''.join(parts)}</html>\n"
    )


def _who(subject: Subject) -> list[str]:
    """Name and numbers, the face, what was agreed to."""
    return [
        _table(
            "本人信息 You",
            ["项目 what", "内容 value"],
            [
                ["姓名 name", subject.name or "已删除 erased"],
                *[[_word(n.kind), n.number] for n in subject.numbers],
                ["编号 id", subject.person],
                ["状态 state", _word(subject.state)],
            ],
        ),
        _table(
            "人脸模板 Face template",
            ["模型 model", "样本 samples", "质量 quality", "建立 since"],
            [[f.pack, str(f.samples), f"{f.quality:.2f}", _time(f.since)] for f in subject.faces],
            "没有保存人脸模板。No face template is kept.",
        ),
        (
            "<p>不保存照片。人脸模板是一组数字，加密保存，不随本页提供。"
            "No picture is kept. A template is numbers, kept sealed and not handed out.</p>"
        ),
        _table(
            "同意记录 Consents",
            ["告知版本 notice", "方式 kind", "给出 given", "撤回 withdrawn"],
            [
                [c.notice_version, _word(c.kind), _time(c.given_at), _time(c.withdrawn_at)]
                for c in subject.consents
            ],
        ),
    ]


def _seen(subject: Subject) -> list[str]:
    """What terminals and the counter decided; of staff their practice windows."""
    return [
        _table(
            "核验记录 Decisions",
            ["时间 time", "业务 purpose", "结果 outcome", "地点 place", "凭证 receipt"],
            [
                [
                    _time(d.at),
                    _word(d.purpose),
                    _OUTCOMES.get(d.outcome, d.outcome),
                    f"{d.site} {d.terminal}",
                    d.receipt or "",
                ]
                for d in subject.decisions
            ],
        ),
        _table(
            "执业时段 Practice windows (staff only)",
            ["开始 from", "结束 to", "院区 site", "方式 way", "签到位置 point"],
            [
                [
                    _time(w.opened_at),
                    _time(w.ends_at),
                    f"{w.site} {w.department}",
                    w.way,
                    w.point or "",
                ]
                for w in subject.practice
            ],
        ),
    ]


def _expected(subject: Subject) -> list[str]:
    """What a HIS said of visits to come."""
    return [
        _table(
            "预约、住院与待发药 Expected visits",
            ["事项 what", "编号 number", "科室 where", "起 from", "止 to", "状态 state"],
            [
                [
                    _word(v.kind),
                    v.external_id,
                    " ".join(filter(None, (v.department, v.place, v.ward, v.bed))),
                    _time(v.valid_from),
                    _time(v.valid_to),
                    _word(v.state),
                ]
                for v in subject.expected
            ],
        ),
    ]


def _counter(subject: Subject) -> list[str]:
    """The counter, lost cards, batches, and what was looked into."""
    return [
        _table(
            "人工窗口 At the counter",
            ["时间 time", "业务 purpose", "来源 from", "状态 state", "代办 as a proxy"],
            [
                [_time(c.at), _word(c.purpose), _word(c.origin), _word(c.state), _yes(c.as_proxy)]
                for c in subject.counter
            ],
        ),
        _table(
            "挂失 Cards reported lost",
            ["证件 card", "登记 reported", "解除 ended"],
            [[_word(c.kind), _time(c.reported_at), _time(c.ended_at)] for c in subject.lost_cards],
        ),
        _table(
            "批量建档 Enrolled by a batch",
            ["时间 time", "批次 batch", "行号 line", "结果 outcome"],
            [[_time(i.at), i.batch, str(i.line), _word(i.outcome)] for i in subject.imported],
        ),
        _table(
            "疑点核查 What was looked into",
            ["时间 time", "规则 rule", "状态 state", "原因 cause", "陈述 said", "结束 ended"],
            [
                [
                    _time(c.found_at),
                    _word(c.rule),
                    _word(c.state),
                    _word(c.cause or "—"),
                    c.said or "",
                    _time(c.ended_at),
                ]
                for c in subject.looked_at
            ],
        ),
    ]


def _kept(subject: Subject) -> list[str]:
    """What the region was told, every entry of the ledger, and how long each kind is kept."""
    return [
        _table(
            "告知区域的就诊 Visits the region was told of",
            ["时间 time", "谁来 who came"],
            [[_time(s.at), "代办人 a proxy" if s.apart else "本人 you"] for s in subject.region],
        ),
        _table(
            "系统记录 What was done with your data",
            ["时间 time", "事项 entry"],
            [[_time(e.at), _word(e.kind)] for e in subject.entries],
        ),
        _table(
            "保存期限 How long each kind is kept",
            ["数据 data", "天数 days", "说明 how it ends"],
            [
                [f"{k.what_zh} {k.what_en}", "—" if k.days is None else str(k.days), k.ends]
                for k in subject.retention
            ],
        ),
    ]


def _desk(subject: Subject) -> list[str]:
    """What the enrolment desk wrote down."""
    return [
        _table(
            "建档记录 Enrolments",
            ["时间 time", "地点 place", "方式 way", "样本 samples", "证件所载 document says"],
            [
                [_time(e.at), e.site, e.way, str(e.samples), e.about or ""]
                for e in subject.enrolments
            ],
        ),
        _table(
            "代办人与监护人 Proxies and guardians",
            ["类别 kind", "关系 relation", "您是 you are", "自 since", "至 until"],
            [
                [
                    _word(s.form),
                    s.relation,
                    "代办的人 who acts" if s.stands_for else "本人 for whom",
                    _time(s.since),
                    _time(s.ended_at),
                ]
                for s in subject.stands
            ],
        ),
        _table(
            "不刷脸的登记 Going without a face",
            ["原因 reason", "自 since", "到期 until", "解除 lifted"],
            [
                [_word(f.reason), _time(f.since), _time(f.until), _time(f.ended_at)]
                for f in subject.faceless
            ],
        ),
        _table(
            "长期授权 Standing authorisations",
            ["您是 you", "业务 purposes", "已用 used", "给出 given", "到期 ends", "收回 revoked"],
            [
                [
                    "授权人 gave it" if a.by_the_person else "代办人 were given it",
                    " ".join(_word(purpose) for purpose in a.scope),
                    f"{a.used}/{a.uses_max}",
                    _time(a.given_at),
                    _time(a.expires_at),
                    _time(a.revoked_at),
                ]
                for a in subject.authorisations
            ],
        ),
        _table(
            "疑点与合并 Doubts and merged files",
            ["时间 time", "事项 what", "说明 note"],
            [
                *[[_time(d.at), d.reason, d.note or ""] for d in subject.doubts],
                *[[_time(m.asked_at), f"合并 merge: {m.state}", m.other] for m in subject.merges],
            ],
        ),
    ]


def _ward(subject: Subject) -> list[str]:
    """What ward presence wrote down."""
    return [
        _table(
            "在院核验 Ward presence",
            ["时间 time", "病区 ward", "床位 bed", "结果 found", "去向 away", "更正 corrects"],
            [
                [
                    _time(w.at),
                    w.ward,
                    w.bed or "",
                    _word(f"ward.{w.found}"),
                    _word(f"ward.{w.away}") if w.away else "",
                    _time(next((e.at for e in subject.ward.looks if e.id == w.instead_of), None)),
                ]
                for w in subject.ward.looks
            ],
        ),
        _table(
            "住院期间刷脸的同意 Consent to the face during a stay",
            ["时间 time", "回答 answer", "告知版本 notice", "结束 ended"],
            [
                [_time(a.at), _yes(a.answer == "yes"), a.notice_version, _time(a.ended_at)]
                for a in subject.ward.answers
            ],
        ),
        _table(
            "在院提示 Presence hints (never a finding)",
            ["时间 time", "病区 ward", "说明 explained", "结束 ended"],
            [
                [_time(h.found_at), h.ward, _word(f"ward.{h.cause}") if h.cause else "",
                 _time(h.closed_at)]
                for h in subject.ward.hints
            ],
        ),
    ]  # fmt: skip


def _table(title: str, head: list[str], rows: Iterable[list[str]], none: str = "无 none") -> str:
    body = "".join(f"<tr>{''.join(f'<td>{_said(cell)}</td>' for cell in row)}</tr>" for row in rows)
    heads = "".join(f"<th>{_said(cell)}</th>" for cell in head)
    table = f"<table><tr>{heads}</tr>{body}</table>" if body else f"<p>{_said(none)}</p>"
    return f"<h2>{_said(title)}</h2>{table}"


def _said(value: str) -> str:
    return escape(value)


def _yes(said: bool) -> str:
    return "是 yes" if said else "否 no"


def _word(code: str) -> str:
    """A code with its Chinese name, where it has one."""
    return f"{_WORDS[code]} {code}" if code in _WORDS else code


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(_LOCAL):%Y-%m-%d %H:%M}" if moment else ""
