"""Ask the package index which pinned packages have known vulnerabilities.

`pip-audit` alone says "none found" even when it reached no advisories; this script tells the two
apart. Exit status: 0 when packages were audited and none is vulnerable, 1 for a known
vulnerability, 2 for a lock file that cannot be read, 3 when no package could be audited.

``AUDIT_UNREACHABLE=warn`` turns 3 into 0 with a loud warning. It is for machines whose network has
a package index without advisories; the audit must then run somewhere else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Package = dict[str, Any]
"""``name``, and either ``version`` and ``vulns`` or a ``skip_reason``; pip-audit's JSON format."""

_UNREACHABLE = "Could not connect"


def main(lock_file: str) -> int:
    """Audit one lock file, print what was learned, and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        complaint = _audit(lock_file, answer)
        if answer.exists():
            return report(json.loads(answer.read_text())["dependencies"])
    if _UNREACHABLE in complaint:
        return report([])
    print(complaint, file=sys.stderr)
    return 2


def report(packages: list[Package]) -> int:
    """Print what is known about each package and return the exit status."""
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for advisory in package["vulns"]:
            mended = ", ".join(advisory["fix_versions"]) or "no release yet"
            print(f"{package['name']} {package['version']}: {advisory['id']}, mended in {mended}")
    unasked = sum("skip_reason" in package for package in packages)
    print(f"{len(packages) - unasked} packages audited, {len(vulnerable)} vulnerable")
    if unasked or not packages:
        print(
            f"!!! {unasked or 'ALL'} PACKAGES NOT AUDITED: no advisories can be reached from here"
        )
    if vulnerable:
        return 1
    audited_nothing = len(packages) == unasked
    may_be_unreachable = os.environ.get("AUDIT_UNREACHABLE") == "warn"
    return 3 if audited_nothing and not may_be_unreachable else 0


def _audit(lock_file: str, answer: Path) -> str:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--requirement", lock_file),
            *("--disable-pip", "--require-hashes", "--vulnerability-service", "pypi"),
            *("--progress-spinner", "off", "--format", "json", "--output", str(answer)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stderr.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
