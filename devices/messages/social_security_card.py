"""Social-security cards (社会保障卡)."""

from .message import COUNTER, OTHER_WAY, Message

_AGAIN = "请将社保卡芯片朝上重新插入，到底后保持不动"

MESSAGES = {
    "social_security_card.not_this_card": Message(
        "The card carries no social-security application.",
        f"这不是社保卡。请换用社保卡；{OTHER_WAY}。",
    ),
    "social_security_card.blocked": Message(
        "The card's social-security application is blocked.", f"社保卡已停用。{COUNTER}。"
    ),
    "social_security_card.access_denied": Message(
        "The card gives the item out only after an authentication.",
        f"社保卡暂不能读取。{COUNTER}。",
    ),
    "social_security_card.card_error": Message(
        "The card answers with an error.", f"读取失败。{_AGAIN}；仍不成功，{OTHER_WAY}。"
    ),
    "social_security_card.incomplete": Message(
        "The card lacks a record that every such card has.", f"社保卡信息不完整。{COUNTER}。"
    ),
    "social_security_card.record_malformed": Message(
        "A record of the card is malformed.", f"社保卡信息无法读取。{COUNTER}。"
    ),
    "social_security_card.name_malformed": Message(
        "The card's name is malformed.", f"社保卡姓名无法读取。{COUNTER}。"
    ),
    "social_security_card.number_invalid": Message(
        "The card's number breaks GB 11643.", f"社会保障号码有误。{COUNTER}。"
    ),
    "social_security_card.inconsistent": Message(
        "The card's records contradict one another.", f"社保卡信息不一致。{COUNTER}。"
    ),
    "social_security_card.not_genuine": Message(
        "The card does not pass the verification of its keys.", f"社保卡验证未通过。{COUNTER}。"
    ),
    "social_security_card.authenticator_unable": Message(
        "The security module cannot verify cards of this kind.",
        f"社保卡暂不能验证。{COUNTER}。",
    ),
}
