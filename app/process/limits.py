"""Limits that a process sets itself first, so that its memory and files stay its own."""

from __future__ import annotations

import ctypes
import os
import resource
import sys

_PR_SET_DUMPABLE = 4  # prctl(2), linux/prctl.h


def harden_process() -> None:
    """Forbid core dumps and make every new file readable by its owner alone.

    The limit alone does not bind where the kernel pipes dumps to a program (core(5)); a process
    that is not dumpable is never dumped at all, and cannot be traced by others of the account.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
