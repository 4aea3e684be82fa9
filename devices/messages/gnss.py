"""GNSS receivers. Read by staff who check in at a place, not by patients."""

from .message import Message

_WAIT = "请稍候，或将设备移到窗边、室外"
_ELSE = "仍不成功，请选择其他签到方式或联系医务部门"
_ENGINEER = "请联系信息部门检查定位设备，并选择其他签到方式"

MESSAGES = {
    "gnss.no_fix": Message("The receiver has no position yet.", f"尚未定位。{_WAIT}；{_ELSE}。"),
    "gnss.incomplete": Message(
        "The receiver's sentences lack what a fix needs.", f"定位信息不完整。{_WAIT}；{_ELSE}。"
    ),
    "gnss.disagree": Message(
        "The receiver's sentences contradict one another.", f"定位信息不一致。{_WAIT}；{_ELSE}。"
    ),
    "gnss.estimated": Message(
        "The receiver estimates its position and does not measure it.",
        f"当前位置为推算值。{_WAIT}；{_ELSE}。",
    ),
    "gnss.manual": Message(
        "The receiver gives a position that was typed in.", f"当前位置为手工设定值。{_ENGINEER}。"
    ),
    "gnss.simulator_mode": Message(
        "The receiver says that its position is simulated.", f"当前位置为模拟值。{_ENGINEER}。"
    ),
    "gnss.other_datum": Message(
        "The receiver is set to another datum than WGS-84.", f"定位坐标系设置有误。{_ENGINEER}。"
    ),
    "gnss.unreadable": Message(
        "What the receiver sends cannot be read; the line's rate may be wrong.",
        f"定位设备数据无法读取。{_ENGINEER}。",
    ),
    "gnss.malformed": Message(
        "A field of the receiver's sentence is malformed.", f"定位信息有误。{_WAIT}；{_ELSE}。"
    ),
    "gnss.week_rollover": Message(
        "The receiver's date lies a round of 1024 weeks back.",
        "定位设备日期有误，已按本机时间修正。请联系信息部门更新定位设备。",
    ),
    "gnss.clock_differs": Message(
        "The satellites' time and the host's clock differ.",
        "本机时间与卫星时间不一致。请联系信息部门校准时间。",
    ),
    "gnss.time_jump": Message(
        "The receiver's time jumped.", f"定位时间出现跳变。{_WAIT}；{_ELSE}。"
    ),
    "gnss.place_jump": Message(
        "The receiver's position jumped.", f"定位位置出现跳变。{_WAIT}；{_ELSE}。"
    ),
    "gnss.quality": Message(
        "The fix is not of a quality that a check-in takes.",
        f"定位质量未达到签到要求。{_WAIT}；{_ELSE}。",
    ),
    "gnss.few_satellites": Message(
        "Too few satellites are in use for a check-in.", f"卫星数量不足。{_WAIT}；{_ELSE}。"
    ),
    "gnss.poor_geometry": Message(
        "The satellites stand too close together for a check-in.",
        f"定位精度不足。{_WAIT}；{_ELSE}。",
    ),
    "gnss.stale": Message("The fix is too old for a check-in.", f"定位已过期。{_WAIT}；{_ELSE}。"),
}
