"""The process in which a file from outside is opened: ``cleaner`` starts this for each file.

Its argument is the file's type, its input the file. It answers with a line of JSON, then the file
written anew, then its thumbnail. It imports nothing of Kith. Before it looks at the file it gives
up the right to open files or connections and to use much memory or time; what a file may take over
afterwards can compute for twenty seconds, and speak to its parent.
"""

from __future__ import annotations

import json
import resource
import runpy
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_CLEANERS = {"image": "picture_cleaner.py", "audio": "sound_cleaner.py"}
_DOCUMENTS = "document_cleaner.py"
_MEMORY_BYTES = 768 << 20
_CPU_S = 20


class NotKept(Exception):
    """The file is not kept; the one argument is the name of the fault."""


def refuse(fault: str) -> NoReturn:
    """End the work on this file."""
    raise NotKept(fault)


def limit() -> None:
    """Take away what opening a file does not need; what is open stays open."""
    with suppress(OSError):  # where memory runs short, this process ends and no other
        Path("/proc/self/oom_score_adj").write_text("1000")
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


def main() -> None:
    """Clean the file on the standard input."""
    kind = sys.argv[1]
    cleaner = _CLEANERS.get(kind.partition("/")[0], _DOCUMENTS)
    clean = runpy.run_path(str(Path(__file__).with_name(cleaner)))["clean"]
    content = sys.stdin.buffer.read()
    limit()
    try:
        found_type, kept, thumbnail = clean(content, kind, refuse)
        said = {"type": found_type, "size": len(kept)}
    except NotKept as fault:
        said, kept, thumbnail = {"fault": str(fault)}, b"", b""
    except MemoryError:
        said, kept, thumbnail = {"fault": "heavy"}, b"", b""
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + kept + thumbnail)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
