"""A checkpoint on paper: what it says, and itself as a QR code that any telephone reads back."""

from datetime import datetime
from html import escape
from io import BytesIO
from zoneinfo import ZoneInfo

import qrcode  # type: ignore[import-untyped]
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

from verifier.protocol.checkpoint import Checkpoint

_LOCAL = ZoneInfo("Asia/Shanghai")
_STYLE = (
    "@page{size:A4;margin:18mm}body{font:17px/1.6 'Noto Sans CJK SC',sans-serif;max-width:42em;"
    "margin:1em auto;padding:0 1em}svg{width:90mm;height:90mm;display:block;margin:1em auto}"
    "code{font:15px/1.5 monospace;word-break:break-all}dt{font-weight:bold;margin-top:.5em}"
    "dd{margin:0}.sign{margin-top:2em;border-top:1px solid #000;padding-top:.3em}"
)


def render(compact: str, said: Checkpoint, printed_at: datetime) -> str:
    """HTML, one A4 page, nothing from elsewhere. `said` is what the compact form holds."""
    root = " ".join(said.root[start : start + 4] for start in range(0, len(said.root), 4))
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<title>账本检查点 {said.size}</title><style>{_STYLE}</style>
<h1>账本检查点 Ledger checkpoint</h1>
<dl><dt>机构 Institution</dt><dd>{escape(said.institution)}</dd>
<dt>条数 Entries</dt><dd>{said.size:,}</dd>
<dt>封存时间 Sealed</dt><dd>{_time(said.sealed_at)}</dd>
<dt>根 Root (SHA-256, base64url)</dt><dd><code>{root}</code></dd></dl>
{_drawn(compact)}
<p>放在服务器管理人员拿不到的地方。核对时用手机扫出二维码中的文字，存成文件：<br>
Keep it where the server's people cannot reach. To check, scan the code and save its text:</p>
<p><code>shualian ledger verify --checkpoint checkpoint.jws</code></p>
<p class="sign">打印 Printed {_time(printed_at)} · 签收人 Received by ______________________</p>
</html>
"""


def _drawn(compact: str) -> str:
    drawn = BytesIO()
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, image_factory=SvgPathImage)
    code.add_data(compact)
    code.make_image().save(drawn)
    return drawn.getvalue().decode().partition("?>")[2]


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(_LOCAL):%Y-%m-%d %H:%M:%S}"
