"""Lists in pages, and filters by date, as the carrier has them: newest first.

Pages stay stable while resources come and go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import JSONResponse

from app.simulator.resources.formats import Json
from app.simulator.rest.requests import ApiRequest
from app.simulator.values.errors import bad_request

_DEFAULT_PAGE, _MAX_PAGE = 50, 1000
_PAGING = {"Page", "PageSize", "PageToken"}


class Listed(Protocol):
    """A resource with a place in the order of creation."""

    @property
    def seq(self) -> int:
        """Counts up from resource to resource."""
        ...

    def to_json(self) -> Json:
        """The resource as the API answers it."""
        ...


def answer_list(key: str, newest_first: Sequence[Listed], request: ApiRequest) -> Response:
    """One page of a list, under ``key``. The token names a place, so deleting moves nothing."""
    query = request.query
    size, number = _read_page_size(query), _read_number(query, "Page", 0)
    before = _read_token(query.get("PageToken", ""))
    rest = [item for item in newest_first if before is None or item.seq < before]
    shown, more = rest[:size], len(rest) > size
    start = number * size
    uri = _make_uri(request.path, query, size)
    token = f"PASM{shown[-1].seq:032x}" if shown else ""
    page = {
        key: [item.to_json() for item in shown],
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": uri(0, None),
        "next_page_uri": uri(number + 1, token) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1, None) if number == 1 else None,
        "start": start,
        "uri": uri(number, query.get("PageToken")),
    }
    return JSONResponse(page)


def read_date_filters(query: Mapping[str, str], name: str) -> list[Callable[[datetime], bool]]:
    """The filters ``name``, ``name<`` and ``name>`` of a query, as checks of an instant."""
    return [
        _read_date_filter(query[name + operator], operator)
        for operator in ("", "<", ">")
        if query.get(name + operator)
    ]


def _read_date_filter(text: str, operator: str) -> Callable[[datetime], bool]:
    """Whether an instant passes ``DateSent<operator>=text``; both inequalities are inclusive.

    A bare date means the whole UTC day; the carrier's own form ``DateSent=>=2026-01-02`` works.
    """
    if spelled := re.fullmatch(r"([<>])=?(.*)", text):
        operator, text = spelled[1], spelled[2]
    first, last = _read_span(text)
    if operator == "<":
        return lambda sent: sent <= last
    if operator == ">":
        return lambda sent: sent >= first
    return lambda sent: first <= sent <= last


def _read_span(text: str) -> tuple[datetime, datetime]:
    """The first and last instant of a date or, to the second, of a time (UTC)."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(20001, f"'{text}' is not a date in GMT") from None
    start = start.astimezone(UTC) if start.tzinfo else start.replace(tzinfo=UTC)
    length = timedelta(days=1) if len(text) <= 10 else timedelta(seconds=1)
    return start, start + length - timedelta(microseconds=1)


def _read_page_size(query: Mapping[str, str]) -> int:
    return min(max(_read_number(query, "PageSize", _DEFAULT_PAGE), 1), _MAX_PAGE)


def _read_number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal():
        raise bad_request(20001, f"{name} is not a number")
    return int(text)


def _read_token(token: str) -> int | None:
    if not token:
        return None
    if not re.fullmatch(r"PASM[0-9a-f]{32}", token):
        raise bad_request(20006, "The page token is not valid")
    return int(token[4:], 16)


def _make_uri(path: str, query: Mapping[str, str], size: int) -> Callable[[int, str | None], str]:
    kept = [(name, value) for name, value in query.items() if name not in _PAGING]

    def uri(number: int, token: str | None) -> str:
        tail = [("PageToken", token)] if token else []
        return f"{path}?" + urlencode([*kept, ("PageSize", size), ("Page", number), *tail])

    return uri
