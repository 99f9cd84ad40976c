"""Everything a process would write down: logs at their loudest, standard output and error."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from urllib.parse import quote

import structlog

from app.operations.drill.search import search_sources
from app.process.logs import configure_logs, hide_uncaught_errors

# Libraries that see bodies, numbers or keys. SQLAlchemy has to be loud before an engine is made.
LIBRARIES = (
    "aiohttp",
    "asyncio",
    "httpx",
    "httpcore",
    "sqlalchemy",
    "twilio",
    "urllib3",
    "uvicorn",
)
_SID = re.compile(r"\b(?:SM|MM|ME|AC|CA|PN|RE)[0-9a-f]{32}\b")
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}\b")


@contextlib.contextmanager
def watched() -> Iterator[io.StringIO]:
    """Yield what gets logged within the block, at DEBUG, as production lays it out."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in _loggers()}
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    stream = io.StringIO()
    configure_logs("DEBUG", stream)
    hide_uncaught_errors()
    be_loud()
    try:
        yield stream
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = kept
        for name in _loggers():
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
        structlog.reset_defaults()


def be_loud() -> None:
    """Undo whatever keeps a library quiet; to be called again once all of them are set up."""
    for name in _loggers():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate, logger.disabled = [], True, False
        logger.setLevel(logging.DEBUG)


def _loggers() -> list[str]:
    known = [*logging.root.manager.loggerDict, *LIBRARIES]
    return [name for name in known if name.split(".")[0] in LIBRARIES]


def leaks(written: str, canaries: Mapping[str, str]) -> set[str]:
    """Return the labels of what stands in a log in any form, and of anything that looks alike."""
    needles = dict(canaries)
    for label, text in canaries.items():
        needles[f"{label} (in an address)"] = quote(text, safe="")
        if text.startswith("+"):
            needles[f"{label} (without +)"] = text[1:]
    found = {
        hit.label.partition(" (")[0] for hit in search_sources([("log", written.encode())], needles)
    }
    found |= {"some SID"} if _SID.search(written) else set()
    return found | ({"some number"} if _NUMBER.search(written) else set())
