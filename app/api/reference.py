"""The published reference: every endpoint on one page, made from the OpenAPI document."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_STYLE = """
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:0.9rem/1.4 ui-monospace,monospace;background:#f3f3f3;padding:.1rem .3rem}
h2{margin-top:2.5rem;border-bottom:1px solid #999}
table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .6rem;text-align:left}
"""

_INTRODUCTION = (
    "<p>Sign in with <code>POST /v1/sessions</code>, then send "
    "<code>Authorization: Bearer …</code>. Errors are problem details with a "
    "<code>type</code> of <code>urn:kith:…</code>. The same as a document for machines: "
    "<a href=/v1/openapi.json>openapi.json</a>.</p>"
)


@router.get("/v1/docs")
def page(request: Request) -> Response:
    """Return the reference; no scripts, nothing from anywhere else."""
    document = request.app.openapi()
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Reference</title>",
        "<meta name=viewport content='width=device-width'>",
        "<link rel=stylesheet href=/v1/docs.css><main><h1>Reference</h1>",
        _INTRODUCTION,
    ]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts.append(_operation(method, path, operation, document))
    body = "".join(parts) + "</main></html>"
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'self'"}
    return HTMLResponse(body, headers=headers)


@router.get("/v1/docs.css")
def style() -> Response:
    """Return the page's style."""
    return Response(_STYLE, media_type="text/css")


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    parts = [
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2>",
        f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p>",
    ]
    rows = [
        (p["name"], p["in"], "yes" if p.get("required") else "no", p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for media in content.values():
        rows += _fields(media.get("schema", {}), document)
    if rows:
        parts.append("<table><tr><th>name<th>in<th>required<th>")
        parts += [f"<tr>{''.join(f'<td>{escape(str(cell))}' for cell in row)}" for row in rows]
        parts.append("</table>")
    answers = ", ".join(sorted(operation.get("responses", {})))
    parts.append(f"<p>Answers: {escape(answers)}</p></section>")
    return "".join(parts)


def _fields(schema: dict[str, Any], document: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    if "$ref" not in schema:
        return []
    model = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    required = set(model.get("required", ()))
    return [
        (name, "body", "yes" if name in required else "no", field.get("description", ""))
        for name, field in model.get("properties", {}).items()
    ]
