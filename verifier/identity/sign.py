"""The sign beside a camera (令第19号 Art. 5, 13; PIPL Art. 17, 26): one A4 page to print."""

from dataclasses import dataclass
from html import escape

_STYLE = (
    "@page{size:A4;margin:18mm}body{font:20px/1.6 'Noto Sans CJK SC',sans-serif;max-width:42em;"
    "margin:1em auto;padding:0 1em}h1{font-size:2.4em;margin:.2em 0;text-align:center}"
    "svg{display:block;margin:0 auto;width:38mm}.door{border:3px solid #000;padding:.4em .8em;"
    "font-weight:bold}small{color:#333;display:block}dt{font-weight:bold;margin-top:.6em}dd{margin:0}"
)
_CAMERA = (
    '<svg viewBox="0 0 100 70" role="img" aria-label="摄像头 camera"><rect x="4" y="14" width="92" '
    'height="52" rx="8" fill="none" stroke="#000" stroke-width="5"/><rect x="34" y="4" width="32" '
    'height="12" fill="#000"/><circle cx="50" cy="40" r="17" fill="none" stroke="#000" '
    'stroke-width="5"/><circle cx="50" cy="40" r="6"/></svg>'
)


@dataclass(frozen=True)
class Processor:
    """Who processes faces here, and whom to ask (Art. 5 no. 1)."""

    name: str
    contact: str
    notice_version: str
    months: int = 24


class SignRefused(Exception):
    """A sign without a name or a contact tells nobody whom to ask."""

    code = "sign.incomplete"


def render(processor: Processor) -> str:
    """HTML, Chinese with English under it. Raises `SignRefused`."""
    if not processor.name.strip() or not processor.contact.strip():
        raise SignRefused("the sign needs the processor's name and a contact")
    name, contact = escape(processor.name), escape(processor.contact)
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>人脸识别告知</title><style>{_STYLE}</style>{_CAMERA}
<h1>此处可刷脸办理</h1><p style="text-align:center">You may use your face here</p>
<p class="door">不刷脸，同样办理：社保卡、身份证、医保码，或到人工窗口。<br>
<small>Not your face? Card, ID, insurance code or the counter serve you just as well.</small></p>
<dl>
<dt>谁处理 Who</dt><dd>{name}</dd>
<dt>联系 Contact</dt><dd>{contact}</dd>
<dt>为什么 Why</dt><dd>核对就诊人与参保人是否为同一人，防止冒名就医。
<small>To see that a patient is the insured person.</small></dd>
<dt>怎么做 How</dt><dd>您选择刷脸并同意后，摄像头才打开；照片用后即删，只保存加密的人脸模板。
<small>The camera opens only after you chose it and agreed. Pictures are dropped at once;
an encrypted template is kept.</small></dd>
<dt>多久 How long</dt><dd>{processor.months}个月未就诊即删除模板；您可随时撤回同意，模板立即删除。
<small>Until {processor.months} months without a visit, or at once when you withdraw.</small></dd>
<dt>对您的影响 What it means for you</dt><dd>只用于医保身份核验，不影响就诊；急诊先救治。
<small>For insurance only. Treatment never depends on it.</small></dd>
<dt>您的权利 Your rights</dt><dd>查阅、复制、更正、删除、撤回同意，请到建档窗口或按上面的方式联系。
<small>To see, copy, correct, erase and withdraw: ask at the enrolment desk.</small></dd>
</dl><p><small>告知版本 Notice {escape(processor.notice_version)}</small></p></html>
"""
