"""Readers behind a vendor's shared library (动态库)."""

from .message import OTHER_WAY, Message

_AGAIN = "请重新放好证件，再试一次"

MESSAGES = {
    "vendor.description_invalid": Message(
        "The description of the vendor's library cannot be used.", f"设备设置有误。{OTHER_WAY}。"
    ),
    "vendor.host_missing": Message(
        "The host program for the vendor's library cannot be started.",
        f"设备设置有误。{OTHER_WAY}。",
    ),
    "vendor.library_missing": Message(
        "The vendor's library is not there, or cannot be loaded.", f"设备设置有误。{OTHER_WAY}。"
    ),
    "vendor.function_missing": Message(
        "The vendor's library has no function of that name.", f"设备设置有误。{OTHER_WAY}。"
    ),
    "vendor.wrong_bitness": Message(
        "The vendor's library needs a host program of another bitness.",
        f"设备设置有误。{OTHER_WAY}。",
    ),
    "vendor.crashed": Message(
        "The vendor's library ended its host program.",
        f"读卡程序已重新启动。{_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
    "vendor.hung": Message(
        "The vendor's library did not answer in time.",
        f"读卡程序没有响应，已重新启动。{_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
    "vendor.garbled": Message(
        "The vendor's library or its host program answers what cannot be read.",
        f"读取出错。{_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
    "vendor.refused": Message(
        "The vendor's library answers with an error.",
        f"读取失败。{_AGAIN}；仍不成功，{OTHER_WAY}。",
    ),
}
