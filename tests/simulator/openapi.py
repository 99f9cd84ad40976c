"""The carrier's own description of its API, where this machine has it."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

_REASON = "conference_enum_reason_conference_ended"
_DESCRIPTION = Path(__file__).parents[3] / "shared" / "twilio" / "api.json"


def check_answer(method: str, path: str, status: int, body: object) -> None:
    """Fail unless the description allows this answer, key for key; skip where it is absent."""
    if not _DESCRIPTION.exists():
        pytest.skip("the carrier's OpenAPI description is not on this machine")
    responses = _operation(method, path)["responses"]
    assert str(status) in responses, f"{method} {path} never answers {status}"
    if content := responses[str(status)].get("content"):
        _validator(json.dumps(content["application/json"]["schema"])).validate(body)


@cache
def _description() -> dict[str, Any]:
    description = json.loads(_DESCRIPTION.read_text("utf-8"))
    assert isinstance(description, dict)
    return description


def _operation(method: str, path: str) -> dict[str, Any]:
    for template, operations in _description()["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise AssertionError(f"the description has no {path}")


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    components = {"schemas": _strict(_description()["components"]["schemas"])}
    # Null while a conference goes on, as the description's own examples have it.
    reason = components["schemas"][_REASON]
    components["schemas"] |= {_REASON: {"anyOf": [reason, {"type": "null"}]}}
    whole = {**_strict(json.loads(schema)), "components": components}
    return jsonschema_rs.Draft202012Validator(whole)


def _strict(schema: Any) -> Any:
    """Translate OpenAPI 3.0 into JSON Schema, every key needed and no other allowed."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(part) for name, part in schema.items() if name != "format"}
    if strict.pop("nullable", False) and "type" in strict:
        strict["type"] = [strict["type"], "null"]
    if "properties" in strict:
        strict |= {"required": sorted(strict["properties"]), "additionalProperties": False}
    return strict
