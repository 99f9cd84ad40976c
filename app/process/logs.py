"""Logs: one JSON object a line, ids and kinds only.

A caller's words, a number or a name must never get into a log, also not within the text of an
exception. So a value is written only if it looks like an id, a kind or a count. An exception
becomes its type and the places in our code that it came through. Records of other packages become
their name and place, without their words. Ids and tokens of the carrier are withheld, too.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterator, MutableMapping
from datetime import datetime
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import structlog

_OURS = Path(__file__).parents[1]
# Words, versions, dotted kinds, UUIDs; never seven digits in a row outside a UUID.
_HARMLESS = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.:/\-]{0,80}")
# An id of the carrier, a token, a key, a hash: long, in one piece, with a digit in it.
_OPAQUE = re.compile(r"(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{20}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WITHHELD = "withheld"


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs of this process to ``stream`` (standard error by default) from ``level`` on."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_without_words],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("alembic", "asyncio", "httpcore", "httpx", "twilio", "urllib3", "uvicorn"):
        # Their errors matter to an operator; their daily chatter does not.
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            _place_of_exception,
            _harmless_only,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def find_places(trace: TracebackType | None) -> Iterator[str]:
    """Yield ``module:line`` of each frame in our own code, outermost first."""
    for frame, line in walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS):
            module = path.relative_to(_OURS.parent).with_suffix("")
            yield f"{'.'.join(module.parts)}:{line}"


def describe_error(error: BaseException) -> dict[str, Any]:
    """Return what may be said of an exception: its type and its way through our code."""
    return {"error": type(error).__name__, "at": list(find_places(error.__traceback__))}


def _place_of_exception(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        if error is not None:
            event.update(describe_error(error))
    return event


def _harmless_only(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _harmless(value)
    return event


def _harmless(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_harmless(one) for one in value]
    if isinstance(value, UUID | datetime):
        return str(value)
    if isinstance(value, str) and (_UUID.fullmatch(value) or _is_a_word(value)):
        return value
    return _WITHHELD


def _is_a_word(value: str) -> bool:
    return bool(_HARMLESS.fullmatch(value)) and not _OPAQUE.search(value)


def _without_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    record: logging.LogRecord = event["_record"]
    said: dict[str, Any] = {
        "event": "library",
        "level": record.levelname.lower(),
        "logger": record.name,
        "at": f"{record.module}:{record.lineno}",
    }
    if record.exc_info and record.exc_info[1]:
        error = record.exc_info[1]
        said |= {"error": type(error).__name__, "through": list(find_places(error.__traceback__))}
    return {**said, "_record": record, "_from_structlog": event["_from_structlog"]}


def hide_uncaught_errors() -> None:
    """Keep Python from printing the text of an exception that nothing caught."""
    log = structlog.get_logger()

    def from_program(
        kind: type[BaseException], _error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught", error=kind.__name__, at=list(find_places(trace)))

    def from_thread(caught: threading.ExceptHookArgs) -> None:
        log.critical(
            "uncaught", error=caught.exc_type.__name__, at=list(find_places(caught.exc_traceback))
        )

    def unraisable(caught: Any) -> None:
        log.error(
            "unraisable", error=caught.exc_type.__name__, at=list(find_places(caught.exc_traceback))
        )

    sys.excepthook = from_program
    threading.excepthook = from_thread
    sys.unraisablehook = unraisable
