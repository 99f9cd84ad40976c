"""The refusals of the carrier's API: number, HTTP status and sentence.

Numbers are the carrier's (https://www.twilio.com/docs/api/errors). Its documentation names no
HTTP status for 20009 and 21611: we assume 409 and 429, so rely on the number.
"""

from __future__ import annotations


class RestError(Exception):
    """The carrier's API refuses a request."""

    def __init__(
        self, status: int, code: int, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers

    def body(self) -> dict[str, object]:
        """The JSON the carrier answers with."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def unauthenticated() -> RestError:
    """No or wrong credentials."""
    headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'}
    return RestError(401, 20003, "Authenticate", headers)


def not_found(path: str) -> RestError:
    """The resource does not exist, or not any more."""
    return RestError(404, 20404, f"The requested resource {path} was not found")


def not_final() -> RestError:
    """The carrier still works on the resource."""
    return RestError(409, 20009, "Unable to delete record: the resource is not complete")


def too_many(retry_after: float | None) -> RestError:
    """The account sends too many requests too fast."""
    headers = {"Retry-After": str(int(retry_after))} if retry_after else None
    return RestError(429, 20429, "Too Many Requests", headers)


def internal() -> RestError:
    """The carrier itself is broken."""
    return RestError(500, 20500, "An internal server error has occurred")


def opted_out() -> RestError:
    """The person told the carrier to stop."""
    return RestError(400, 21610, "Attempt to send to unsubscribed recipient")


def reply_loop() -> RestError:
    """More than 30 texts between two numbers within 30 seconds."""
    return RestError(429, 14107, "Message rate limit exceeded: a loop of replies was detected")


def queue_full() -> RestError:
    """More is queued for the sender than hours can send."""
    return RestError(429, 21611, "The 'From' number has exceeded its queue of messages")


def bad_request(code: int, message: str) -> RestError:
    """Any other refusal."""
    return RestError(400, code, message)
