"""A process that holds secrets leaves none of its memory and files to others."""

from __future__ import annotations

import subprocess
import sys


def test_a_process_forbids_core_dumps_and_keeps_its_files_to_itself(tmp_path: object) -> None:
    program = f"""
import ctypes, os, resource, sys
from app.process import harden_process
harden_process()
open({str(tmp_path)!r} + "/new", "w").close()
print(resource.getrlimit(resource.RLIMIT_CORE), oct(os.stat({str(tmp_path)!r} + "/new").st_mode))
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["(0, 0) 0o100600", "0"]
