"""A file from outside, opened and written anew in a process of its own.

What comes back holds the picture, the pages or the sound, and nothing else of the file: no EXIF, no
place, no script, no attachment. Whatever a file does to the program that opens it, it does there:
that process has no secret, no file, no network, little memory and little time.
"""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from app.media.faults import FileFault
from app.media.types import UNKNOWN_TYPE, find_incoming_type
from app.process import ProgramEnded, run_program

log = structlog.get_logger()

# In bytes, as a file comes in and as it is kept.
LARGEST_FILE_IN = 16 << 20
_PROGRAM = Path(__file__).with_name("cleaner_program.py")
# Its processor time is limited to less (``cleaner_program``); the rest is for a busy machine.
_PATIENCE_S = 40.0
_LONGEST_ANSWER = LARGEST_FILE_IN + (1 << 20)
# So many are open at once in a process of the service, and so many more wait their turn.
_AT_ONCE, _WAITING = 2, 6
_TURN_S = 15.0


class FileRefused(Exception):
    """This file is not kept; ``fault`` says why. Another try would come to the same."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class CleanerFailed(Exception):
    """The process that opens files ended before it had an answer. Another try may go better."""


class CleanerBusy(CleanerFailed):
    """Too many files are being opened at this moment."""


@dataclass(frozen=True)
class CleanFile:
    """A file as it is kept. ``thumbnail`` is a small JPEG; empty for a document or a sound."""

    content_type: str
    content: bytes = field(repr=False)
    thumbnail: bytes = field(repr=False)


class _Turns:
    """Lets a few threads in at once and a few more wait; refuses any other."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._places = threading.BoundedSemaphore(_AT_ONCE + _WAITING)

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            raise CleanerBusy
        if not self._free.acquire(timeout=_TURN_S):
            self._places.release()
            raise CleanerBusy

    def __exit__(self, *_: object) -> None:
        self._free.release()
        self._places.release()


_turns = _Turns()


def clean_file(content: bytes) -> CleanFile:
    """Return a file as it may be kept. FileRefused, CleanerFailed, CleanerBusy."""
    if not content:
        raise FileRefused(FileFault.EMPTY)
    if len(content) > LARGEST_FILE_IN:
        raise FileRefused(FileFault.LARGE)
    content_type = find_incoming_type(content)
    if content_type == UNKNOWN_TYPE:
        raise FileRefused(FileFault.UNKNOWN)
    with _turns:
        try:
            answer = run_program(_PROGRAM, [content_type], content, _PATIENCE_S, _LONGEST_ANSWER)
        except ProgramEnded as ended:
            log.warning("file.cleaner_ended", signal=ended.signal)
            if ended.signal == signal.SIGXCPU:
                raise FileRefused(FileFault.HEAVY) from None
            raise CleanerFailed from None
    return _read(answer)


def _read(answer: bytes) -> CleanFile:
    """Read what the process said, which a hostile file may have taken over."""
    head, _, rest = answer.partition(b"\n")
    try:
        said = json.loads(head)
        fault = said.get("fault")
        if fault is None:
            size = int(said["size"])
            found = CleanFile(str(said["type"]), rest[:size], rest[size:])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CleanerFailed from None
    if fault is not None:
        known = fault if fault in set(FileFault) else FileFault.BROKEN
        raise FileRefused(FileFault(known))
    if not found.content or find_incoming_type(found.content) != found.content_type:
        raise CleanerFailed
    if len(found.content) > LARGEST_FILE_IN:
        raise FileRefused(FileFault.LARGE)
    return found
