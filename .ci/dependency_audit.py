"""Ask the package index which pinned packages have known vulnerabilities.

`pip-audit` alone says "none found" also when nobody could be asked; here that is told apart.
Exit status: 1 for a known vulnerability, 2 for a lock file that cannot be audited at all, else 0,
with a loud warning about packages for which no advisories were to be had, since the advisory
service may be out of reach where this runs.
"""

from __future__ import annotations

import json
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
        print(f"!!! {unasked or 'ALL'} PACKAGES NOT AUDITED: no advisories to be had from here")
    return 1 if vulnerable else 0


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
