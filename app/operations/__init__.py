"""Keeping a server: founding, backups, the drill, checks, metrics, retention."""

from app.operations.alarm_mark import read_alarm_mark
from app.operations.audit_watch import anchor_audit, check_audit
from app.operations.backup.folders import look_after_archives
from app.operations.backup.restorer import NeedsAcknowledgement, restore_archive
from app.operations.backup.writer import make_archive
from app.operations.checkup.examination import examine_installation
from app.operations.checkup.findings import CheckFinding, CheckScene, report_ok, report_problem
from app.operations.damage import watch_for_damage
from app.operations.door import Door
from app.operations.door_calls import raise_alarm, send_seed
from app.operations.drill.inspection import DrillScene, inspect_installation
from app.operations.drill.report import write_report_json, write_report_text
from app.operations.foundation import (
    AlreadyMade,
    FoundedOrganisation,
    found_organisation,
    is_founded,
)
from app.operations.metrics.measures import measure_process, measure_service
from app.operations.metrics.registry import CONTENT_TYPE, Metrics, may_read_metrics
from app.operations.metrics.worker_server import WorkerServer
from app.operations.operational_seed import open_operational_seed, store_operational_seed
from app.operations.readiness import ReadinessProbe, is_carrier_refusing, is_worker_alive
from app.operations.retention import sweep_retention
from app.operations.shared_seed import SharedSeed

__all__ = [
    "CONTENT_TYPE",
    "AlreadyMade",
    "CheckFinding",
    "CheckScene",
    "Door",
    "DrillScene",
    "FoundedOrganisation",
    "Metrics",
    "NeedsAcknowledgement",
    "ReadinessProbe",
    "SharedSeed",
    "WorkerServer",
    "anchor_audit",
    "check_audit",
    "examine_installation",
    "found_organisation",
    "inspect_installation",
    "is_carrier_refusing",
    "is_founded",
    "is_worker_alive",
    "look_after_archives",
    "make_archive",
    "may_read_metrics",
    "measure_process",
    "measure_service",
    "open_operational_seed",
    "raise_alarm",
    "read_alarm_mark",
    "report_ok",
    "report_problem",
    "restore_archive",
    "send_seed",
    "store_operational_seed",
    "sweep_retention",
    "watch_for_damage",
    "write_report_json",
    "write_report_text",
]
