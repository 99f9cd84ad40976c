"""Orders in general: how the simulated network reads them, and refuses them in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from app.simulator.values.addresses import read_caller

Endpoint = Callable[[Request], Awaitable[Response]]
OrderRoute = tuple[str, str, Endpoint]
"""Method, path below ``/simulator``, and endpoint."""
_MAX_CALLER = 64


class Order(BaseModel):
    """The body of an order, with nothing else in it."""

    model_config = ConfigDict(extra="forbid")


OrderT = TypeVar("OrderT", bound=Order)


class Problem(Exception):
    """A refusal, answered as ``application/problem+json``."""

    def __init__(self, status: int, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.body = {
            "type": f"urn:kith:{slug}",
            "title": slug.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
        }
        self.status = status

    def response(self) -> Response:
        """The refusal as an answer."""
        return JSONResponse(self.body, self.status, media_type="application/problem+json")


def refuse_other_sites(request: Request) -> None:
    """Raise a 403 for a browser on another site's page: the demo has no sign-in to stop it."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and request.method != "GET":
        raise Problem(403, "forbidden", "this order came from another site's page")


async def read_order(request: Request, model: type[OrderT], *, default: bytes = b"") -> OrderT:
    """The body of a request; raises ``Problem`` for anything that is not such an order."""
    try:
        return model.model_validate_json(await request.body() or default)
    except ValidationError as invalid:
        raise Problem(400, "bad-request", _explain(invalid)) from None


def _explain(invalid: ValidationError) -> str:
    """Where the body is wrong and how, without repeating what came."""
    found = invalid.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(": ".join((".".join(map(str, e["loc"])) or "body", e["msg"])) for e in found)


def read_phone(request: Request) -> str:
    """The number or name of the phone in the path; raises ``Problem`` for a bad one."""
    number = str(request.path_params["e164"]).strip()
    if not 0 < len(number) <= _MAX_CALLER or not number.isprintable():
        raise Problem(400, "bad-request", "a phone has a number or a name of 1 to 64 characters")
    return read_caller(number)
