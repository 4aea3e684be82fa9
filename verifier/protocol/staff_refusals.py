"""Refusals of what staff do for people, and of practice (执业). Part of `errors.REFUSALS`."""

from .problem import RefusalKind

STAFF = (
    RefusalKind(
        "person.unknown",
        404,
        "Nobody with this number is known here.",
        "本院没有此证件号码的建档信息，请核对号码后重试。",
    ),
    RefusalKind(
        "person.name_empty",
        422,
        "A name has at least one character.",
        "姓名不能为空，请重新填写。",
    ),
    RefusalKind(
        "person.erased",
        409,
        "The person was erased.",
        "该人员信息已按本人要求删除，不能更正。",
    ),
    RefusalKind(
        "practice.unknown",
        404,
        "Nobody such is recorded as a practitioner here.",
        "未找到您的执业登记，请联系医务科。不影响接诊患者。",
    ),
    RefusalKind(
        "practice.decision_unusable",
        409,
        "No fresh decision of this terminal for a check-in.",
        "身份核验已过时，请重新核验后再签到。",
    ),
    RefusalKind(
        "practice.site_unknown",
        409,
        "The terminal's site is not recorded.",
        "本终端所在院区尚未登记，请联系医务科；可到其他终端签到。",
    ),
    RefusalKind(
        "practice.site_code_wrong",
        403,
        "This is not the code that a terminal of a site shows now.",
        "院区码不对或已过期，请看科室终端上现在显示的码，重新输入。",
    ),
    RefusalKind(
        "practice.too_many",
        429,
        "Too many site codes were tried.",
        "院区码试的次数太多，请稍后再试，或到科室终端签到。",
    ),
    RefusalKind(
        "practice.face_needed",
        403,
        "A phone is enrolled at a terminal by a face alone.",
        "绑定手机要先在本终端刷脸；也可由医务科办理。",
    ),
    RefusalKind(
        "practice.enrol_own",
        403,
        "Nobody makes a code for an own phone.",
        "不能为自己登记手机，请由另一位工作人员核对身份后办理。",
    ),
    RefusalKind(
        "practice.window_unknown",
        404,
        "There is no such practice window.",
        "没有这个执业时段，请返回刷新后再试。",
    ),
    RefusalKind(
        "practice.review_done",
        409,
        "The window was reviewed already.",
        "该时段已复核，请刷新。",
    ),
    RefusalKind(
        "practice.overlaps",
        409,
        "The person practised under another window in this time.",
        "该时段与本人的其他执业时段重叠，不能通过；请核对后再处理。",
    ),
    RefusalKind(
        "practice.review_own",
        403,
        "Nobody reviews an own window.",
        "不能复核本人的执业时段，请由其他人复核。",
    ),
    RefusalKind(
        "practice.time_outside",
        409,
        "The time lies outside the window.",
        "时间不在该执业时段内，请核对后重新填写。",
    ),
    RefusalKind(
        "account.in_training",
        409,
        "The session is in training; nothing real is done in it.",
        "您正在练习。请先在网页上点“回到真实工作”，再办理。",
    ),
    RefusalKind(
        "his.cursor_malformed",
        422,
        "This is no cursor of this feed.",
        "游标无效，请从头读取，或使用本接口返回的游标。",
    ),
    RefusalKind(
        "webhook.address_malformed",
        422,
        "The address is no plain http or https URL.",
        "地址格式不对。请填写 http 或 https 开头的完整地址，不带用户名、参数和井号。",
    ),
    RefusalKind(
        "webhook.address_public",
        422,
        "The address is outside the hospital's network.",
        "该地址不在医院内网。通知只能发往内网地址。",
    ),
    RefusalKind(
        "webhook.too_many",
        409,
        "There are too many addresses.",
        "地址已满，请先移除不用的地址。",
    ),
    RefusalKind(
        "webhook.unknown",
        404,
        "No such address or message.",
        "没有此地址或通知，可能已处理，请刷新后再看。",
    ),
    RefusalKind(
        "practice.cursor_malformed",
        422,
        "This is no cursor of the feed.",
        "游标无效，请从头读取。",
    ),
)
