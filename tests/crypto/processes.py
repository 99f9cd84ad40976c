"""Key files as other processes see them, and what lies in a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.crypto import KeyFiles

DAY = 20468
DAY_FILE = "shred/2026-01-15.key"


def another_process(files: KeyFiles) -> KeyFiles:
    """What another process (or host) on the same folder has: nothing in memory yet."""
    return KeyFiles(files.folder)


def start(program: str, files: KeyFiles) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(files.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
