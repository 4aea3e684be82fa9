"""`/docs`: the OpenAPI document as one plain page. No script, nothing from another machine."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--dim:#767676;--mark:#0a7a6f}
body{margin:0 auto;max-width:62rem;padding:2rem 1.25rem 5rem;
 background:Canvas;color:CanvasText;font:16px/1.55 system-ui,"Noto Sans CJK SC",sans-serif}
h1{margin:0 0 .25rem;font-size:1.8rem}h2{margin:2.5rem 0 .5rem;font-size:1.15rem}
h3{margin:1.25rem 0 .35rem;font-size:.95rem;color:var(--dim);font-weight:600}
code,pre{font:13px/1.5 ui-monospace,monospace}
pre{overflow:auto;max-height:26rem;padding:.75rem 1rem;
 border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%}
td:first-child{white-space:nowrap}
td,th{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;
 border-bottom:1px solid var(--line)}
.verb{display:inline-block;min-width:3.5rem;margin-right:.6rem;color:var(--mark);font-weight:700}
.who{color:var(--dim);font-weight:400;margin-left:.5rem}a{color:var(--mark)}
"""

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'"
"""Content-Security-Policy of the page: its own style by hash, and nothing else."""


def render(document: Mapping[str, Any]) -> str:
    """The page, HTML."""
    info = document["info"]
    operations = list(_operations(document))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('description', ''))}</p>"
        '<p><a href="openapi.json">openapi.json</a> · '
        '<a href=".well-known/jwks.json">jwks.json</a></p>'
        f"{_contents(operations)}{''.join(_section(*o) for o in operations)}"
        f"{_schemas(document)}</body></html>"
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield verb.upper(), path, operation


def _contents(operations: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    rows = "".join(
        f'<tr><td><span class="verb">{verb}</span><a href="#{_anchor(verb, path)}">'
        f"<code>{escape(path)}</code></a></td><td>{escape(operation.get('x-access', ''))}</td>"
        f"<td>{_first_line(operation)}</td></tr>"
        for verb, path, operation in operations
    )
    heads = "<tr><th>address</th><th>who may call it</th><th>what it does</th></tr>"
    return f"<table>{heads}{rows}</table>"


def _first_line(described: Mapping[str, Any]) -> str:
    return _words(str(described.get("description", "")).partition("\n")[0])


def _words(text: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _section(verb: str, path: str, operation: Mapping[str, Any]) -> str:
    return (
        f'<h2 id="{_anchor(verb, path)}"><span class="verb">{verb}</span>'
        f"<code>{escape(path)}</code>"
        f'<span class="who">{escape(operation.get("x-access", ""))}</span></h2>'
        f"<p>{_words(operation.get('description', ''))}</p>"
        f"{_body(operation)}{_answers(operation)}"
    )


def _body(operation: Mapping[str, Any]) -> str:
    body = operation.get("requestBody")
    if not body:
        return ""
    parts = [f"<h3>Body</h3><p>{_words(body.get('description', ''))}</p>"]
    for media_type, content in body["content"].items():
        parts.append(f"<p><code>{escape(media_type)}</code></p>")
        parts.append(_fields(content.get("schema", {})))
        if "example" in content:
            parts.append(_json(content["example"]))
    return "".join(parts)


def _answers(operation: Mapping[str, Any]) -> str:
    rows = []
    for status, answer in operation["responses"].items():
        rows.append(f"<tr><td>{escape(str(status))}</td><td>{_answer(answer)}</td></tr>")
    return f"<h3>Answers</h3><table>{''.join(rows)}</table>"


def _answer(answer: Mapping[str, Any]) -> str:
    said = []
    for media_type, content in answer.get("content", {}).items():
        examples = content.get("examples", {})
        named = "".join(
            f"<br><code>{escape(code)}</code> {escape(example.get('summary', ''))}"
            for code, example in examples.items()
        )
        schema = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        link = f' <a href="#schema-{escape(schema)}">{escape(schema)}</a>' if schema else ""
        said.append(f"<code>{escape(media_type)}</code>{link}{named}")
    return "<br>".join(said) or escape(answer.get("description", ""))


def _schemas(document: Mapping[str, Any]) -> str:
    schemas = document.get("components", {}).get("schemas", {})
    parts = [
        f'<h3 id="schema-{escape(name)}">{escape(name)}</h3>'
        f"<p>{_first_line(schema)}</p>{_fields(schema)}"
        for name, schema in sorted(schemas.items())
    ]
    return f"<h2>Schemas</h2>{''.join(parts)}"


def _fields(schema: Mapping[str, Any]) -> str:
    """An object's members as a table; anything else in a line."""
    members = schema.get("properties")
    if not members:
        words = " or ".join(map(str, schema["enum"])) if "enum" in schema else _type(schema)
        return f"<p>{words if 'enum' not in schema else escape(words)}</p>"
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_type(member)}"
        f"{'' if name in required else ' <i>may be left out</i>'}</td>"
        f"<td>{_words(member.get('description', ''))}</td></tr>"
        for name, member in members.items()
    )
    return f"<table>{rows}</table>"


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    said = [str(schema.get("format", schema.get("type", "anything")))]
    said += [f"{word} {schema[key]}" for key, word in _LIMITS.items() if key in schema]
    return escape(", ".join(said))


_LIMITS = {
    "pattern": "like",
    "maxLength": "at most",
    "minimum": "from",
    "maximum": "to",
    "exclusiveMinimum": "over",
    "exclusiveMaximum": "under",
}


def _json(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>"


def _anchor(verb: str, path: str) -> str:
    return escape(f"{verb.lower()}{path.replace('/', '-').replace('{', '').replace('}', '')}")
