"""Refusals on the wire: RFC 9457 problem documents with a stable `code`.

A refusal is not a decision on identity. Each says in Chinese what the person at the screen does
next.
"""

from .problem import Problem, RefusalKind
from .rating_refusals import RATINGS
from .staff_refusals import STAFF

__all__ = ["PROBLEM_MEDIA_TYPE", "REFUSALS", "Problem", "RefusalKind", "Refused", "refusal"]

PROBLEM_MEDIA_TYPE = "application/problem+json"


class Refused(Exception):
    """A typed refusal. `note` is for the server's log; it never leaves the machine."""

    def __init__(self, kind: RefusalKind, note: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{kind.code}: {note or kind.title}")
        self.kind = kind
        self.note = note
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        """The stable code."""
        return self.kind.code

    def problem(self) -> Problem:
        """The body that is sent."""
        return self.kind.problem(self.retry_after)


_AGAIN = "请返回首页重新开始，或到人工窗口办理。"
_COUNTER = "请到人工窗口办理，不影响就诊。"

REFUSALS: dict[str, RefusalKind] = {
    kind.code: kind
    for kind in (
        *STAFF,
        *RATINGS,
        RefusalKind(
            "request.malformed", 422, "The request is malformed.", f"请求格式有误。{_AGAIN}"
        ),
        RefusalKind(
            "request.timeout", 408, "The request did not arrive in time.", f"传输超时。{_AGAIN}"
        ),
        RefusalKind("request.too_large", 413, "The request is too large.", f"数据过大。{_AGAIN}"),
        RefusalKind(
            "request.not_found", 404, "Nothing stands at this address.", f"没有找到。{_AGAIN}"
        ),
        RefusalKind(
            "request.method", 405, "This method is not allowed here.", f"请求方式有误。{_AGAIN}"
        ),
        RefusalKind(
            "request.media_type",
            415,
            "The body is not of the media type that this address takes.",
            f"请求格式有误。{_AGAIN}",
        ),
        RefusalKind(
            "auth.missing",
            401,
            "The request carries no proof of who sends it.",
            f"终端未登记。{_COUNTER}",
        ),
        RefusalKind(
            "auth.invalid",
            401,
            "The proof of who sends the request does not hold.",
            f"终端身份验证失败。{_COUNTER}",
        ),
        RefusalKind(
            "auth.forbidden", 403, "The sender may not do this.", f"此终端无权办理。{_COUNTER}"
        ),
        RefusalKind(
            "account.sign_in_failed",
            401,
            "Login, password and code do not belong together, or the account is locked.",
            "登录名、密码或动态码不对，或账号已锁定。请核对后再试；连续五次错误将锁定15分钟。",
        ),
        RefusalKind(
            "account.too_many",
            429,
            "Too many attempts to sign in.",
            "尝试次数过多，请稍后再试，或联系系统管理员。",
        ),
        RefusalKind(
            "account.code_invalid",
            403,
            "The account code, or the code of the second factor, is not valid.",
            "启用码或动态码无效或已过期，请核对，或向系统管理员重新索取启用码。",
        ),
        RefusalKind(
            "account.session_ended",
            401,
            "The session has ended.",
            "登录已结束（离开15分钟会自动退出），请重新登录。",
        ),
        RefusalKind(
            "account.forbidden",
            403,
            "None of this account's roles may do this.",
            "您的角色没有此项权限，如工作需要，请联系安全管理员。",
        ),
        RefusalKind(
            "account.prove_again",
            403,
            "The password must be given again before this.",
            "此操作需要再次输入密码。",
        ),
        RefusalKind(
            "account.password_expired",
            403,
            "The password must be changed first.",
            "密码已满90天，请先修改密码。",
        ),
        RefusalKind(
            "account.password_weak",
            409,
            "The password is too easily guessed.",
            "密码须12位以上，含小写字母、大写字母、数字、符号中的三种，不含登录名，且与原密码不同。",
        ),
        RefusalKind("account.unknown", 404, "No such account.", "没有此账号，请刷新后再试。"),
        RefusalKind(
            "account.login_malformed",
            422,
            "The login is malformed.",
            "登录名用工号：3至32位小写字母、数字、点、横线或下划线。",
        ),
        RefusalKind(
            "account.login_taken", 409, "The login is taken.", "此登录名已有人使用，请换一个。"
        ),
        RefusalKind(
            "account.oneself",
            409,
            "Nobody changes the own account.",
            "不能更改自己的账号，请由另一位管理员办理。",
        ),
        RefusalKind(
            "account.for_good", 409, "The account is closed.", "此账号已注销，请新建账号。"
        ),
        RefusalKind(
            "account.not_taken_up",
            409,
            "The account was not taken up yet.",
            "此账号尚未启用，请本人先用启用码设置密码和动态码。",
        ),
        RefusalKind(
            "role.conflict",
            409,
            "Nobody may hold these roles together.",
            "这些角色不能由同一人担任（三员分立，审计员只读）。",
        ),
        RefusalKind(
            "terminal.for_good",
            409,
            "The terminal's key is not trusted again.",
            "此终端的密钥不能再用，请在终端上重新生成密钥并登记。",
        ),
        RefusalKind(
            "terminal.unknown", 401, "No such terminal is registered.", f"终端未登记。{_COUNTER}"
        ),
        RefusalKind(
            "terminal.suspended",
            403,
            "The terminal is suspended.",
            "此终端已停用，请到人工窗口办理，不影响就诊。工作人员请联系信息科核查后恢复或重新登记。",
        ),
        RefusalKind(
            "terminal.clone_suspected",
            403,
            "Another claim was made with this terminal's key; the terminal is now suspended.",
            "此终端的密钥疑似被复制，现已停用，请到人工窗口办理，不影响就诊。"
            "工作人员请立即联系信息科，换发密钥并重新登记。",
        ),
        RefusalKind(
            "registration.code_invalid",
            403,
            "The registration code is not valid, or not any more.",
            "登记码无效或已过期，请向信息科重新索取。",
        ),
        RefusalKind(
            "registration.too_many",
            429,
            "Too many registration codes were tried.",
            "尝试次数过多，请稍后再试，或联系信息科。",
        ),
        RefusalKind(
            "registration.key_refused",
            409,
            "This key cannot be registered.",
            "此密钥不能登记，请在终端上重新生成密钥后再登记。",
        ),
        RefusalKind(
            "purpose.unknown",
            403,
            "The purpose is not registered for this terminal.",
            f"此终端不办理该业务。{_COUNTER}",
        ),
        RefusalKind(
            "claim.signature_invalid",
            401,
            "The claim's signature does not hold.",
            f"数据校验失败。{_AGAIN}",
        ),
        RefusalKind("claim.malformed", 422, "The claim is malformed.", f"数据格式有误。{_AGAIN}"),
        RefusalKind(
            "claim.wrong_audience",
            403,
            "The claim is for another institution.",
            f"终端登记的机构不符。{_COUNTER}",
        ),
        RefusalKind(
            "claim.mode_mismatch",
            403,
            "The claim is for another deployment mode.",
            f"终端设置与本院不符。{_COUNTER}",
        ),
        RefusalKind(
            "claim.in_progress", 409, "The same claim is being decided.", "正在核验，请稍候。"
        ),
        RefusalKind(
            "claim.undecided",
            409,
            "The challenge was spent and no decision was stored.",
            f"核验中断。{_AGAIN}",
        ),
        RefusalKind(
            "challenge.unknown",
            409,
            "No such challenge was given to this terminal.",
            f"本次核验已失效。{_AGAIN}",
        ),
        RefusalKind(
            "challenge.spent", 409, "The challenge is already spent.", f"本次核验已使用过。{_AGAIN}"
        ),
        RefusalKind(
            "challenge.expired",
            409,
            "The challenge has expired.",
            f"等待时间过长，本次核验已过期。{_AGAIN}",
        ),
        RefusalKind(
            "challenge.superseded",
            409,
            "A newer challenge of this terminal replaced this one.",
            f"本次核验已被新的代替。{_AGAIN}",
        ),
        RefusalKind(
            "challenge.mismatch",
            409,
            "The claim's purpose or visit is not the challenge's.",
            f"业务不一致。{_AGAIN}",
        ),
        RefusalKind(
            "legal_basis.missing",
            403,
            "The claim states no legal basis.",
            "请先阅读告知并选择是否同意；不同意也可以用卡或到人工窗口办理。",
        ),
        RefusalKind(
            "legal_basis.notice_unknown",
            403,
            "The notice version is not in force.",
            "告知内容已更新，请重新阅读并选择。",
        ),
        RefusalKind(
            "legal_basis.contradiction",
            403,
            "A face was captured though the person declined it.",
            f"您选择了不刷脸。{_COUNTER}",
        ),
        RefusalKind(
            "legal_basis.guardian_missing",
            403,
            "A child under 14 is recognised by face only with a guardian's consent.",
            "未满14周岁须由监护人同意后刷脸；也可以用卡或到人工窗口办理。",
        ),
        RefusalKind(
            "evidence.unreadable",
            422,
            "The sealed evidence cannot be opened.",
            f"数据校验失败。{_AGAIN}",
        ),
        RefusalKind(
            "evidence.malformed", 422, "The evidence is malformed.", f"数据格式有误。{_AGAIN}"
        ),
        RefusalKind(
            "evidence.empty",
            422,
            "The claim carries neither a credential nor a face.",
            "请出示证件或选择刷脸；也可以到人工窗口办理。",
        ),
        RefusalKind(
            "evidence.simulated",
            403,
            "Simulated evidence is refused outside the demo.",
            f"检测到模拟设备。{_COUNTER}",
        ),
        RefusalKind(
            "credential.token_used",
            409,
            "This code was used before.",
            "此码已使用过，请刷新后再出示；也可以用卡或到人工窗口办理。",
        ),
        RefusalKind(
            "capture.undecodable",
            422,
            "A crop is not a lossless 112x112 picture.",
            "照片无法读取，请再看一次镜头，或到人工窗口办理。",
        ),
        RefusalKind(
            "capture.pack_mismatch",
            409,
            "The terminal's model pack is not the gallery's.",
            f"终端需要更新。{_COUNTER}",
        ),
        RefusalKind(
            "capture.embedding_mismatch",
            403,
            "An embedding does not belong to its crop.",
            f"数据校验失败。{_COUNTER}",
        ),
        RefusalKind(
            "capture.not_one_face",
            422,
            "Exactly one face is needed in each picture.",
            "请一个人正对手机，光线均匀，再试一次；也可到科室终端签到。",
        ),
        RefusalKind(
            "capture.injected",
            403,
            "This crop was seen before.",
            "请再看一次镜头，或到人工窗口办理。",
        ),
        RefusalKind(
            "receipt.unknown",
            404,
            "No such receipt can be read by this client.",
            f"没有找到凭据。{_COUNTER}",
        ),
        RefusalKind(
            "receipt.reversed",
            410,
            "The counter took this receipt back; it does not stand.",
            f"这张凭据已由人工窗口收回。{_COUNTER}",
        ),
        RefusalKind(
            "ticket.off",
            403,
            "No purpose of this terminal takes tickets.",
            f"此终端不办理离线业务。{_COUNTER}",
        ),
        RefusalKind(
            "ticket.invalid",
            403,
            "The ticket is not this terminal's, or not of its dates.",
            f"离线凭条无效。{_COUNTER}",
        ),
        RefusalKind(
            "supervision.off",
            403,
            "This institution takes part in no region's supervision.",
            "本院未接入区域监管。",
        ),
        RefusalKind(
            "supervision.nobody",
            404,
            "No person stands behind this decision.",
            "此记录没有对应的人员，或已删除。",
        ),
        RefusalKind(
            "reading.none",
            404,
            "No reading of this desk waits.",
            "读卡器上没有新读到的证件，请重新放置证件后再试。",
        ),
        RefusalKind(
            "ledger.unknown", 404, "No such entry or size is sealed.", f"没有找到。{_AGAIN}"
        ),
        RefusalKind(
            "verifier.clock_differs",
            503,
            "The clocks of this verifier and of its database differ by more than two seconds.",
            f"系统时间有误，请联系管理员。{_COUNTER}",
        ),
        RefusalKind(
            "verifier.unavailable",
            503,
            "The verifier cannot answer now.",
            f"系统暂时无法核验。{_COUNTER}",
        ),
        RefusalKind(
            "verifier.busy",
            503,
            "The verifier has too much to do.",
            "核验繁忙，请稍候，或到人工窗口办理。",
        ),
        RefusalKind("verifier.internal", 500, "The verifier failed.", f"系统出现问题。{_COUNTER}"),
    )
}


def refusal(code: str, note: str = "", retry_after: float | None = None) -> Refused:
    """The exception for a known code. Raises `KeyError` for one that is not in the catalogue."""
    return Refused(REFUSALS[code], note, retry_after)
