"""Anonymised statistics: a public calendar, noise drawn once, a ledger, exports of what is stored.

``calendar``, ``categories``, ``tables``, ``consistency`` and ``release_records`` are pure.
``months`` freezes, ``releases`` and ``confirmation`` draw, ``ledger`` and ``chain`` keep count of
what was told, ``release_files`` hands out. OpenDP and SciPy load in the process of
``noise_program``, everything that prints in that of ``app.reports.press``.
"""

from app.statistics.calendar import FAMILIES, Period, find_period, list_months, list_periods
from app.statistics.chain import begin_chain
from app.statistics.confirmation import PRINT_JOB, confirm_release
from app.statistics.consistency import KnownTable, list_sums
from app.statistics.mechanism import Mechanism, Question
from app.statistics.months import freeze_due_months
from app.statistics.plans import change_plan, read_plan
from app.statistics.release_files import (
    MEDIA_TYPES,
    print_due_files,
    print_files,
    read_file,
    read_record,
)
from app.statistics.release_records import list_known, make_record
from app.statistics.releases import ReleaseEntry, list_releases, request_release
from app.statistics.tables import MEASURES, Plan, list_cells, make_plan

__all__ = [
    "FAMILIES",
    "MEASURES",
    "MEDIA_TYPES",
    "PRINT_JOB",
    "KnownTable",
    "Mechanism",
    "Period",
    "Plan",
    "Question",
    "ReleaseEntry",
    "begin_chain",
    "change_plan",
    "confirm_release",
    "find_period",
    "freeze_due_months",
    "list_cells",
    "list_known",
    "list_months",
    "list_periods",
    "list_releases",
    "list_sums",
    "make_plan",
    "make_record",
    "print_due_files",
    "print_files",
    "read_file",
    "read_plan",
    "read_record",
    "request_release",
]
