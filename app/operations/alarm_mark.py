"""The mark of the last alarm: whatever opens a process names the one it knew when it began.

``kith panic`` makes a new mark before it tells anybody. So a sign-in that began earlier, at a
process that has not heard yet, opens no other one; nor does a message that is sent again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from app.crypto import replace_file

MARK_BYTES = 16
_NAME = "alarm"


def read_alarm_mark(folder: Path) -> bytes:
    """Return the mark of the last alarm of this data directory; zeros where there was none."""
    with suppress(FileNotFoundError):
        return (folder / _NAME).read_bytes()
    return bytes(MARK_BYTES)


def renew_alarm_mark(folder: Path) -> None:
    """Make a new mark: what began before it opens nothing more."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path, owner = folder / _NAME, folder.stat()
    replace_file(path, os.urandom(MARK_BYTES))
    if os.getuid() == 0:  # an operator as root: the service must be able to read it
        os.chown(path, owner.st_uid, owner.st_gid)
