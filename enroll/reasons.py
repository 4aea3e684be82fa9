"""Why somebody is not enrolled, for the clerk who reads the report, in Chinese and English."""

from typing import Final

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
    "look_alike_invalid": "“相貌相近”一栏中的身份证号有误，请核对。",
}

_OTHER = "Use a recent photo of the face from the front, without a hat."
_CHECK = "Check the ID number."

_ENGLISH = {
    "number_missing": "The ID number is missing.",
    "number_twice": "The same ID number stands in an earlier line; this one is left out.",
    "id_number.length": f"It has not 18 characters (a spreadsheet may have rounded it). {_CHECK}",
    "id_number.characters": f"The ID number has a character that none may have. {_CHECK}",
    "id_number.region": f"The ID number's region code does not exist. {_CHECK}",
    "id_number.birth_date": f"The birth date in the ID number does not exist. {_CHECK}",
    "id_number.check_digit": f"The ID number's check character does not fit. {_CHECK}",
    "name_missing": "The name is missing.",
    "name_invalid": "The name is too long or has a character that none may have.",
    "name_differs": "This ID number is registered under another name: check which is right.",
    "person_not_confirmed": "This person's file is provisional, merged or closed: see the counter.",
    "consent_missing": "The kind of consent is missing; without it nobody is enrolled.",
    "consent_unknown": "The kind of consent is not known; it should be “separate”.",
    "consent_declined": "The person does not agree; a card or the counter serves as well.",
    "consent_time_missing": "The time of the consent is missing.",
    "consent_time_invalid": "The time of the consent is unreadable or in the future; "
    "write it like 2025-11-03 09:30.",
    "consent_withdrawn": "The person has withdrawn: a new separate consent is needed.",
    "evidence_invalid": "The evidence of consent has more than 64 characters.",
    "notice_missing": "The notice's version is missing.",
    "notice_unknown": "This hospital has and had no notice of that version.",
    "notice_not_in_force": "That notice was not in force on the day of the consent.",
    "notice_other_purpose": "That notice is for another use; enrolment had its own that day.",
    "guardian_required": "Under 14, or a guardian agreed: this is done at the counter.",
    "photo_missing": "The photo is missing.",
    "photo_not_found": "There is no such file among the photos.",
    "photo_outside": "The photo's name leads outside the photos' folder.",
    "photo_unreadable": "The photo cannot be read.",
    "image.empty": f"The photo's file is empty. {_OTHER}",
    "image.too_many_bytes": f"The photo's file is larger than 16 MB. {_OTHER}",
    "image.format": f"The photo is neither JPEG nor PNG. {_OTHER}",
    "image.header": f"The photo's header is wrong. {_OTHER}",
    "image.too_small": f"The photo has too few pixels. {_OTHER}",
    "image.too_many_pixels": f"The photo has more than 24 megapixels. {_OTHER}",
    "image.truncated": f"The photo's file is not complete. {_OTHER}",
    "image.undecodable": f"The photo cannot be decoded. {_OTHER}",
    "image.size": f"The photo's size does not fit. {_OTHER}",
    "quality.no_face": f"There is no face in the photo. {_OTHER}",
    "quality.many_faces": f"There is more than one face in the photo. {_OTHER}",
    "quality.too_small": f"The face is too small. {_OTHER}",
    "quality.too_dark": f"The face is too dark. {_OTHER}",
    "quality.too_bright": f"The face is too bright. {_OTHER}",
    "quality.blurred": f"The face is blurred. {_OTHER}",
    "quality.turned": f"The face is turned too far. {_OTHER}",
    "quality.cut_off": f"The face is cut off. {_OTHER}",
    "quality.covered_mask": f"A mask covers the face. {_OTHER}",
    "quality.covered_eyes": f"The eyes are covered. {_OTHER}",
    "quality.covered": f"The face is covered. {_OTHER}",
    "samples_differ": "The photos do not look like one person: check them.",
    "differs_from_enrolled": "Another face is enrolled under this ID number: have it looked at.",
    "looks_like_another": "Looks very much like {extra}, who is enrolled: is it one person?",
    "look_alike_unknown": "Nobody is enrolled under the ID number in “look_alike”.",
    "look_alike_invalid": "The ID number in “look_alike” is wrong: check it.",
}

_SOMEBODY = {"zh": "人员", "en": "somebody"}

_COLUMNS: Final = (
    ("look_alike_", "look_alike"),
    ("looks_like_another", "photo"),
    ("differs_from_enrolled", "photo"),
    ("samples_differ", "photo"),
    ("photo_", "photo"),
    ("image.", "photo"),
    ("quality.", "photo"),
    ("name_", "name"),
    ("notice_", "notice_version"),
    ("evidence_", "evidence"),
    ("consent_time_", "consented_at"),
    ("consent_withdrawn", "consented_at"),
    ("consent_", "consent"),
    ("guardian_required", "consent"),
    ("", "number"),
)
"""How a code begins, and the column of the table to look at; the first that fits."""


def detail_of(code: str, extra: str = "", language: str = "zh") -> str:
    """The sentence for a code, in Chinese or (`en`) English; `extra` is a masked name.

    A code without one is a mistake in the program: `KeyError`.
    """
    sentences = _ENGLISH if language == "en" else _DETAILS
    return sentences[code].replace("{extra}", extra or _SOMEBODY.get(language, ""))


def column_of(code: str) -> str:
    """The column (a key of `table.COLUMNS`) in which a clerk finds what is to be mended."""
    return next(column for begins, column in _COLUMNS if code.startswith(begins))


def codes() -> frozenset[str]:
    """Every code that a report may hold."""
    return frozenset(_DETAILS)
