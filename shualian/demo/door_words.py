"""The words and the page of the demo's staff door, in Chinese with English under it."""

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Protocol

from verifier.trust.accounts.roles import Role

from . import clinic, ward
from .staff import Member
from .ward import Stays

NAMES: dict[Role, tuple[str, str]] = {
    Role.ENROLMENT_CLERK: ("建档员", "Enrolment clerk"),
    Role.COUNTER: ("人工窗口", "Counter"),
    Role.INSURANCE_OFFICE: ("医保办", "Insurance office"),
    Role.MEDICAL_AFFAIRS: ("医务科", "Medical affairs"),
    Role.SCHEDULER: ("科室排班员", "Scheduler"),
    Role.WARD_NURSE: ("病区护士", "Ward nurse"),
    Role.HOSPITAL_ADMIN: ("医院管理员", "Hospital administrator"),
    Role.AUDITOR: ("审计员", "Auditor"),
    Role.SYSTEM_ADMIN: ("系统管理员", "System administrator"),
    Role.SECURITY_ADMIN: ("安全管理员", "Security administrator"),
    Role.AUDIT_ADMIN: ("审计管理员", "Audit administrator"),
}
"""In the order of the page: first what there is most to see in."""

LOOK_AT: dict[Role, tuple[str, str]] = {
    Role.ENROLMENT_CLERK: ("建档、批量建档、档案", "enrolling, batches, files"),
    Role.COUNTER: ("今天上午转来的人", "who was passed on this morning"),
    Role.INSURANCE_OFFICE: (
        "今日预约、疑点、标定",
        "expected visits, what to look into, calibration",
    ),
    Role.MEDICAL_AFFAIRS: ("执业看板、排班、围栏、手机", "practice, rosters, fences, phones"),
    Role.SCHEDULER: ("急诊科的排班", "the emergency department's roster"),
    Role.WARD_NURSE: ("床旁核验，用手机看", "beds, on a phone"),
    Role.HOSPITAL_ADMIN: ("终端、告警、围栏、病区", "terminals, alarms, fences, wards"),
    Role.AUDITOR: ("只读：看得最多", "reads nearly everything, changes nothing"),
    Role.SYSTEM_ADMIN: ("账号、终端、通知", "accounts, terminals, notifications"),
    Role.SECURITY_ADMIN: ("授予和收回角色", "gives and takes roles"),
    Role.AUDIT_ADMIN: ("账号的记录", "what was done to accounts"),
}

HOME: dict[Role, str] = {
    Role.ENROLMENT_CLERK: "/console/enrol",
    Role.COUNTER: "/console/counter",
    Role.INSURANCE_OFFICE: "/console/visits",
    Role.WARD_NURSE: "/console/ward",
}
"""Where a role begins; the others at their first page."""


class Laid(Protocol):
    """See `door.Cards`."""

    @property
    def names(self) -> Sequence[tuple[str, str]]: ...
    @property
    def lying(self) -> str: ...


def page(staff: Sequence[Member], cards: Laid, stays: Stays | None, form: str, at: datetime) -> str:
    """HTML, with no script."""
    token = f'<input type="hidden" name="form" value="{escape(form)}">'
    by_role = {member.role: member for member in staff}
    roles = "".join(_role(by_role[role], token, at) for role in NAMES if role in by_role)
    laid = "".join(_card(one, name, cards.lying, token) for one, name in cards.names)
    styles = "".join(
        f'<link rel="stylesheet" href="/style/{name}.css">' for name in ("tokens", "base", "door")
    )
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>示范医院：员工入口 Demo staff</title>{styles}
<main><header><p class="mark">演示 DEMO</p><h1>员工入口 {_en("Staff's door")}</h1>
<p>选一个角色，就以这个人登录。人都是虚构的；真实医院没有这一页，每个人用自己的密码和手机验证码登录。
{_en(_WHAT)}</p></header>
<section><h2>登录为… {_en("Sign in as…")}</h2>
<p class="note">一个浏览器一次只是一个人。{_en("One browser is one person at a time.")}</p>
<ul class="roles">{roles}</ul></section>
<section id="cards"><h2>建档窗口的读卡器 {_en("The enrolment desk's reader")}</h2>
<p class="note">先以建档员登录，打开“建档”，再在这里放一张卡。拍照用这台电脑的摄像头，照片不保存。
{_en(_CARDS)}</p><ul class="cards">{laid}</ul></section>
{_bands(stays) if stays else ""}</main></html>"""


_WHAT = (
    "Choose a role and you are signed in as that person. Everybody is invented. A real hospital has"
    " no such page: people sign in with their own password and telephone."
)
_CARDS = (
    "Sign in as the enrolment clerk, leave that page open, then lay a card here. The camera is this"
    " computer's own; no picture is kept."
)

_BANDS = (
    "Sign in as the ward nurse and open ward 3A, between 7 and 21 o'clock in the hospital (UTC+8)."
    " A first check asks for a wristband and both codes."
)


def _en(text: str) -> str:
    return f'<span lang="en">{escape(text)}</span>'


def _role(member: Member, token: str, at: datetime) -> str:
    zh, en = NAMES[member.role]
    what, about = LOOK_AT[member.role]
    button = f'<button name="role" value="{member.role}"><strong>{zh}</strong>{_en(en)}</button>'
    return f"""<li><form method="post" action="/sign-in" target="_blank">{token}{button}</form>
<p>{what}{_en(about)}</p><details><summary>自己登录 {_en("By hand")}</summary><dl>
<dt>工号 {_en("Work number")}</dt><dd><code>{escape(member.login)}</code></dd>
<dt>密码 {_en("Password")}</dt><dd><code>{escape(member.password)}</code></dd>
<dt>此刻的验证码 {_en("Code just now")}</dt><dd><code>{member.code_at(at)}</code></dd>
</dl></details></li>"""


def _card(person: str, name: str, lying: str, token: str) -> str:
    here = person == lying
    pressed, value = ("true", "") if here else ("false", escape(person))
    word = f"拿走 {_en('take away')}" if here else f"放上 {_en('lay')}"
    return f"""<li><form method="post" action="/card">{token}
<button name="card" value="{value}" aria-pressed="{pressed}"><strong>{escape(name)}</strong>
<span>{word}</span></button></form></li>"""


def _bands(stays: Stays) -> str:
    """What a nurse at the bed has before the eyes."""
    beds = "".join(
        f"<li><strong>{bed}床 {escape(one.name)}</strong> <code>{stays.wristband(bed)}</code></li>"
        for bed, one in ward.LYING.items()
    )
    return f"""<section id="bands"><h2>{ward.WARD} 病区的腕带 {_en("Wristbands in the ward")}</h2>
<p class="note">先以病区护士登录，打开 {ward.WARD} 病区；医院时间 7 点到 21 点可以核验。
首次核验要腕带号和两个代码。{_en(_BANDS)}</p><ul class="bands">{beds}</ul>
<dl class="bands"><dt>护士代码 {_en("Nurse's code")}</dt><dd><code>{clinic.NURSE_CODE}</code></dd>
<dt>医师代码 {_en("Physician's code")}</dt><dd><code>{clinic.PHYSICIANS[0].code}</code></dd></dl>
</section>"""
