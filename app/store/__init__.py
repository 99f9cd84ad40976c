"""The database, its statements and schema, and the job table."""

from app.store.cursors import BIG, decode_cursor, encode_cursor
from app.store.db import SEALED_VALUES, Database, Db
from app.store.idempotency import do_once
from app.store.jobs import (
    FURTHEST,
    ClaimedJob,
    add_jobs,
    claim_jobs,
    find_due_kinds,
    find_next_due,
    find_retry_pause,
    finish_job,
    has_overdue_job,
    hasten_job,
    hurry_lanes,
    new_job,
    plant_recurring_jobs,
    postpone_job,
    release_all_jobs,
)
from app.store.mac_updates import is_row_true, lock_rows, overwrite_row
from app.store.queue_order import NOT_WAITING, position_after
from app.store.row_ids import make_row_id
from app.store.row_macs import RowDamaged, add_macs, find_vouched
from app.store.schema import (
    SchemaBehind,
    downgrade_schema,
    find_newest_revision,
    is_known_revision,
    is_schema_current,
    make_table_filter,
    read_revision,
    upgrade_schema,
)
from app.store.shown_rows import show_each, show_rows
from app.store.statements import (
    Lookup,
    Query,
    as_values,
    insert_new_rows,
    insert_rows,
    update_rows,
    write_together,
)
from app.store.versions import AnyVersion, OneOfVersions, ReadVersion, check_version
from app.store.writer import GroupWriter

__all__ = [
    "BIG",
    "FURTHEST",
    "NOT_WAITING",
    "SEALED_VALUES",
    "AnyVersion",
    "ClaimedJob",
    "Database",
    "Db",
    "GroupWriter",
    "Lookup",
    "OneOfVersions",
    "Query",
    "ReadVersion",
    "RowDamaged",
    "SchemaBehind",
    "add_jobs",
    "add_macs",
    "as_values",
    "check_version",
    "claim_jobs",
    "decode_cursor",
    "do_once",
    "downgrade_schema",
    "encode_cursor",
    "find_due_kinds",
    "find_newest_revision",
    "find_next_due",
    "find_retry_pause",
    "find_vouched",
    "finish_job",
    "has_overdue_job",
    "hasten_job",
    "hurry_lanes",
    "insert_new_rows",
    "insert_rows",
    "is_known_revision",
    "is_row_true",
    "is_schema_current",
    "lock_rows",
    "make_row_id",
    "make_table_filter",
    "new_job",
    "overwrite_row",
    "plant_recurring_jobs",
    "position_after",
    "postpone_job",
    "read_revision",
    "release_all_jobs",
    "show_each",
    "show_rows",
    "update_rows",
    "upgrade_schema",
    "write_together",
]
