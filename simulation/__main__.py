"""Simulate a month and say what it shows.

    make simulate                          a month, with a raid day, an outage and restarts
    python -m simulation --days 3          a short one

Exits 1 where a target that people could have kept was missed because of the software.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from simulation import report
from simulation.month import Month, Plan
from simulation.service import NotServedError, Service

CHARTS = Path(__file__).parents[1] / "docs" / "simulation"


def main() -> int:
    """Run the month that the command line asks for; 0, 1 for a miss, 2 where it could not run."""
    options = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    options.add_argument("--days", type=int, default=30)
    options.add_argument("--callers", type=float, default=6.0, help="a usual day's")
    options.add_argument("--raid-factor", type=float, default=60.0, help="the raid day's traffic")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--charts", type=Path, default=CHARTS, help="where the charts go")
    given = options.parse_args()
    plan = Plan(
        days=given.days,
        per_day=given.callers,
        raid_factor=given.raid_factor,
        seed=given.seed,
        raid_day=given.days * 2 // 5,
        outage=(given.days * 2 // 3, 2.0),
        kills=(given.days // 5, given.days * 2 // 5, given.days * 4 // 5),
    )
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kith-month-") as folder:
        service = Service(Path(folder) / "data")
        try:
            service.start()
            month = Month(service, plan, _tell)
            month.prepare()
            seen = month.run()
        except NotServedError as error:
            _tell(str(error))
            return 2
        finally:
            service.stop()
    print(f"\n{given.days} days, seed {given.seed}, {time.monotonic() - began:.0f} s\n")
    print(report.text(seen))
    for path in report.write_charts(seen, given.charts):
        _tell(f"chart: {path}")
    missed = report.misses(seen)
    print("\nmissed because of the software:", "; ".join(missed[:20]) or "nothing")
    return 1 if missed else 0


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
