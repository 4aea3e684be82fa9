"""Why somebody is not enrolled, for the clerk who reads the report."""

_AGAIN = "请换一张近期正面免冠照片。"
_ID = "请核对身份证号。"

_DETAILS = {
    "number_missing": "缺少身份证号。",
    "number_twice": "同一身份证号在本表中出现过，后一行不处理。",
    "id_number.length": f"身份证号应为18位（表格软件可能改成了科学计数）。{_ID}",
    "id_number.characters": f"身份证号含有不允许的字符。{_ID}",
    "id_number.region": f"身份证号的地区码不存在。{_ID}",
    "id_number.birth_date": f"身份证号中的出生日期不存在。{_ID}",
    "id_number.check_digit": f"身份证号校验码不符。{_ID}",
    "name_missing": "缺少姓名。",
    "name_invalid": "姓名过长或含有不允许的字符。",
    "name_differs": "该身份证号已登记为另一姓名，请核对。",
    "person_not_confirmed": "该人员档案未确认、已合并或已停用，请到人工窗口办理。",
    "consent_missing": "缺少同意方式。未取得单独同意不得登记人脸。",
    "consent_unknown": "同意方式无法识别，应为“单独同意”。",
    "consent_declined": "本人不同意登记人脸，可用卡或到人工窗口办理。",
    "consent_time_missing": "缺少同意时间。",
    "consent_time_invalid": "同意时间无法识别或在将来，应如 2025-11-03 09:30。",
    "consent_withdrawn": "本人已撤回同意，须重新取得单独同意。",
    "evidence_invalid": "同意凭据过长，最多64个字。",
    "notice_missing": "缺少告知版本。",
    "notice_unknown": "告知版本不是本院现行或曾用的告知书。",
    "notice_not_in_force": "同意之日该版本的告知书不在有效期内。",
    "notice_other_purpose": "同意之日应使用建档的告知书，该版本是另一用途的。",
    "guardian_required": "未满14周岁或由监护人代为同意的，请到人工窗口办理。",
    "photo_missing": "缺少照片。",
    "photo_not_found": "照片文件夹中没有该文件。",
    "photo_outside": "照片文件名不得指向照片文件夹之外。",
    "photo_unreadable": "照片文件无法读取。",
    "image.empty": f"照片文件是空的。{_AGAIN}",
    "image.too_many_bytes": f"照片文件过大（上限16 MB）。{_AGAIN}",
    "image.format": f"不是 JPEG 或 PNG 照片。{_AGAIN}",
    "image.header": f"照片文件头有误。{_AGAIN}",
    "image.too_small": f"照片像素过少。{_AGAIN}",
    "image.too_many_pixels": f"照片像素过多（上限2400万）。{_AGAIN}",
    "image.truncated": f"照片文件不完整。{_AGAIN}",
    "image.undecodable": f"照片无法解码。{_AGAIN}",
    "image.size": f"照片尺寸不符。{_AGAIN}",
    "quality.no_face": f"照片中没有找到人脸。{_AGAIN}",
    "quality.many_faces": f"照片中不止一张人脸。{_AGAIN}",
    "quality.too_small": f"人脸过小。{_AGAIN}",
    "quality.too_dark": f"人脸过暗。{_AGAIN}",
    "quality.too_bright": f"人脸过亮。{_AGAIN}",
    "quality.blurred": f"人脸模糊。{_AGAIN}",
    "quality.turned": f"人脸偏转过大。{_AGAIN}",
    "quality.cut_off": f"人脸不完整。{_AGAIN}",
    "quality.covered_mask": f"口罩遮挡了面部。{_AGAIN}",
    "quality.covered_eyes": f"眼部被遮挡。{_AGAIN}",
    "quality.covered": f"面部被遮挡。{_AGAIN}",
    "samples_differ": "几张照片看起来不是同一个人，请核对。",
    "differs_from_enrolled": "与该身份证号已登记的人脸不符，请工作人员核对。",
    "looks_like_another": "与已登记的{extra}相貌过于相近，请工作人员核对是否同一人。",
    "look_alike_unknown": "“相貌相近”一栏中的身份证号没有登记。",
}


def detail_of(code: str, extra: str = "") -> str:
    """The sentence for a code. A code without one is a mistake in the program: `KeyError`."""
    return _DETAILS[code].replace("{extra}", extra)


def codes() -> frozenset[str]:
    """Every code that a report may hold."""
    return frozenset(_DETAILS)
