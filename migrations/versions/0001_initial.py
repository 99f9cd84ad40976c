"""The schema of the first release, written from the models by `write_initial.py`."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _audit_checkpoints()
    _audit_entries()
    _audit_head()
    _carrier_looks()
    _carrier_traces()
    _deadline_rules()
    _deployment()
    _directory()
    _erasures()
    _idempotency()
    _index_keys()
    _information_cards()
    _jobs()
    _members()
    _operational_grants()
    _pending_keywords()
    _raid_reports()
    _reply_counts()
    _rosters()
    _sent()
    if _on("postgresql"):
        _sessions()
    _shifts()
    _statistics_head()
    _statistics_months()
    _statistics_releases()
    _suppressions()
    _calendar_feeds()
    _cases()
    _confirmations()
    _handover_notes()
    _invitations()
    _shift_overrides()
    _shift_swaps()
    _statistics_files()
    _statistics_ledger()
    _team_wraps()
    _alerts()
    _attachments()
    _calls()
    _case_epochs()
    _case_grants()
    _case_sheets()
    _conflicts()
    _consents()
    _denials()
    _detention_episodes()
    _events()
    _messages()
    _notes()
    _tasks()
    _attachment_parts()
    _call_legs()
    _outgoing()
    _pages()
    _requests()
    _assignments()
    _brief_wraps()
    _briefs()
    _offers()
    _reports()


def downgrade() -> None:
    op.drop_table("reports")
    op.drop_table("offers")
    op.drop_table("briefs")
    op.drop_table("brief_wraps")
    op.drop_table("assignments")
    op.drop_table("requests")
    op.drop_table("pages")
    op.drop_table("outgoing")
    op.drop_table("call_legs")
    op.drop_table("attachment_parts")
    op.drop_table("tasks")
    op.drop_table("notes")
    op.drop_table("messages")
    op.drop_table("events")
    op.drop_table("detention_episodes")
    op.drop_table("denials")
    op.drop_table("consents")
    op.drop_table("conflicts")
    op.drop_table("case_sheets")
    op.drop_table("case_grants")
    op.drop_table("case_epochs")
    op.drop_table("calls")
    op.drop_table("attachments")
    op.drop_table("alerts")
    op.drop_table("team_wraps")
    op.drop_table("statistics_ledger")
    op.drop_table("statistics_files")
    op.drop_table("shift_swaps")
    op.drop_table("shift_overrides")
    op.drop_table("invitations")
    op.drop_table("handover_notes")
    op.drop_table("confirmations")
    op.drop_table("cases")
    op.drop_table("calendar_feeds")
    op.drop_table("suppressions")
    op.drop_table("statistics_releases")
    op.drop_table("statistics_months")
    op.drop_table("statistics_head")
    op.drop_table("shifts")
    if _on("postgresql"):
        op.drop_table("sessions")
    op.drop_table("sent")
    op.drop_table("rosters")
    op.drop_table("reply_counts")
    op.drop_table("raid_reports")
    op.drop_table("pending_keywords")
    op.drop_table("operational_grants")
    op.drop_table("members")
    op.drop_table("jobs")
    op.drop_table("information_cards")
    op.drop_table("index_keys")
    op.drop_table("idempotency")
    op.drop_table("erasures")
    op.drop_table("directory")
    op.drop_table("deployment")
    op.drop_table("deadline_rules")
    op.drop_table("carrier_traces")
    op.drop_table("carrier_looks")
    op.drop_table("audit_head")
    op.drop_table("audit_entries")
    op.drop_table("audit_checkpoints")


def _on(dialect: str) -> bool:
    return op.get_bind().dialect.name == dialect


def _audit_checkpoints() -> None:
    op.create_table(
        "audit_checkpoints",
        sa.Column("after_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("after_seq", name=op.f("pk_audit_checkpoints")),
    )


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("object", sa.Uuid(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_actor"), "audit_entries", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_entries_object"), "audit_entries", ["object"], unique=False)


def _audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )


def _carrier_looks() -> None:
    op.create_table(
        "carrier_looks",
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("direction", name=op.f("pk_carrier_looks")),
    )


def _carrier_traces() -> None:
    op.create_table(
        "carrier_traces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_traces")),
    )
    op.create_index(
        "ix_carrier_traces_case",
        "carrier_traces",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("case_id IS NOT NULL"),
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(
        "ix_carrier_traces_due",
        "carrier_traces",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_carrier_traces_shred_day"), "carrier_traces", ["shred_day"], unique=False
    )


def _deadline_rules() -> None:
    op.create_table(
        "deadline_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("jurisdiction", sa.String(length=16), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("offset", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=8), nullable=False),
        sa.Column("received_by", sa.String(length=8), nullable=True),
        sa.Column("warn_at", sa.JSON(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=True),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "NOT enabled OR (verified_by IS NOT NULL AND verified_on IS NOT NULL)",
            name=op.f("ck_deadline_rules_verified"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_rules")),
        sa.UniqueConstraint("code", name=op.f("uq_deadline_rules_code")),
    )


def _deployment() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operational_public", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("clock_offset_s", sa.Double(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deployment")),
    )
    op.create_index(op.f("ix_deployment_shred_day"), "deployment", ["shred_day"], unique=False)


def _directory() -> None:
    op.create_table(
        "directory",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory")),
    )
    op.create_index(op.f("ix_directory_shred_day"), "directory", ["shred_day"], unique=False)


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("number_lookup", name=op.f("uq_erasures_number_lookup")),
    )
    op.create_index(op.f("ix_erasures_shred_day"), "erasures", ["shred_day"], unique=False)


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("request_mac", sa.LargeBinary(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)


def _index_keys() -> None:
    op.create_table(
        "index_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_keys")),
    )
    op.create_index(op.f("ix_index_keys_shred_day"), "index_keys", ["shred_day"], unique=False)


def _information_cards() -> None:
    op.create_table(
        "information_cards",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=64), nullable=True),
        sa.Column("covers", sa.JSON(), nullable=False),
        sa.Column("excludes", sa.JSON(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_information_cards")),
    )
    op.create_index(
        op.f("ix_information_cards_topic"), "information_cards", ["topic"], unique=False
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lane", sa.LargeBinary(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_due", "jobs", ["kind", "state", "priority", "run_at"], unique=False)
    op.create_index("ix_jobs_lane", "jobs", ["lane", "position"], unique=False)
    op.create_index(op.f("ix_jobs_ref"), "jobs", ["ref"], unique=False)


def _members() -> None:
    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("archive", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kem_public", sa.LargeBinary(), nullable=False),
        sa.Column("verify_key", sa.LargeBinary(), nullable=False),
        sa.Column("roster_version", sa.Integer(), nullable=False),
        sa.Column("passphrase_salt", sa.LargeBinary(), nullable=False),
        sa.Column("seed_wrap", sa.LargeBinary(), nullable=True),
        sa.Column("recovery_wrap", sa.LargeBinary(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_version", sa.Integer(), nullable=False),
        sa.Column("totp_confirmed", sa.Boolean(), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("phone_error", sa.Integer(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("handle", name=op.f("uq_members_handle")),
    )
    op.create_index(op.f("ix_members_number_lookup"), "members", ["number_lookup"], unique=False)
    op.create_index(op.f("ix_members_shred_day"), "members", ["shred_day"], unique=False)


def _operational_grants() -> None:
    op.create_table(
        "operational_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=16), nullable=False),
        sa.Column("team_epoch", sa.Integer(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operational_grants")),
        sa.UniqueConstraint(
            "team", "team_epoch", name=op.f("uq_operational_grants_team_team_epoch")
        ),
    )
    op.create_index(
        op.f("ix_operational_grants_shred_day"), "operational_grants", ["shred_day"], unique=False
    )


def _pending_keywords() -> None:
    op.create_table(
        "pending_keywords",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_keywords")),
    )
    op.create_index(
        op.f("ix_pending_keywords_shred_day"), "pending_keywords", ["shred_day"], unique=False
    )


def _raid_reports() -> None:
    op.create_table(
        "raid_reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_version", sa.Integer(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('unverified', 'corroborated', 'false')", name=op.f("ck_raid_reports_state")
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["raid_reports.id"], name=op.f("fk_raid_reports_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raid_reports")),
    )
    op.create_index(op.f("ix_raid_reports_group_id"), "raid_reports", ["group_id"], unique=False)
    op.create_index(
        op.f("ix_raid_reports_reported_at"), "raid_reports", ["reported_at"], unique=False
    )
    op.create_index(op.f("ix_raid_reports_shred_day"), "raid_reports", ["shred_day"], unique=False)


def _reply_counts() -> None:
    op.create_table(
        "reply_counts",
        sa.Column("number_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number_lookup", name=op.f("pk_reply_counts")),
    )
    op.create_index(op.f("ix_reply_counts_since"), "reply_counts", ["since"], unique=False)


def _rosters() -> None:
    op.create_table(
        "rosters",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("signer", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rosters")),
    )


def _sent() -> None:
    op.create_table(
        "sent",
        sa.Column("period", sa.String(length=16), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Integer(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_sent")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_sessions")),
        sa.UniqueConstraint("id", name=op.f("uq_sessions_id")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index(op.f("ix_sessions_member_id"), "sessions", ["member_id"], unique=False)


def _shifts() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_index(op.f("ix_shifts_shred_day"), "shifts", ["shred_day"], unique=False)


def _statistics_head() -> None:
    op.create_table(
        "statistics_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("plan", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_head")),
    )


def _statistics_months() -> None:
    op.create_table(
        "statistics_months",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_months")),
        sa.UniqueConstraint("month", name=op.f("uq_statistics_months_month")),
    )
    op.create_index(
        op.f("ix_statistics_months_shred_day"), "statistics_months", ["shred_day"], unique=False
    )


def _statistics_releases() -> None:
    op.create_table(
        "statistics_releases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.String(length=8), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("hash", sa.LargeBinary(), nullable=True),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state <> 'released' OR (record IS NOT NULL AND seq IS NOT NULL)",
            name=op.f("ck_statistics_releases_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('awaiting_confirmation', 'released')",
            name=op.f("ck_statistics_releases_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_releases")),
    )
    op.create_index(
        "uq_statistics_releases_drawn",
        "statistics_releases",
        ["family", "period", "schema_version"],
        unique=True,
    )
    op.create_index(
        "uq_statistics_releases_seq",
        "statistics_releases",
        ["seq"],
        unique=True,
        sqlite_where=sa.text("state = 'released'"),
        postgresql_where=sa.text("state = 'released'"),
    )


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
    )
    op.create_index(op.f("ix_suppressions_shred_day"), "suppressions", ["shred_day"], unique=False)
    op.create_index(
        "uq_suppressions_number_kind", "suppressions", ["number_lookup", "kind"], unique=True
    )


def _calendar_feeds() -> None:
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_calendar_feeds_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("lookup", name=op.f("uq_calendar_feeds_lookup")),
        sa.UniqueConstraint("member_id", name=op.f("uq_calendar_feeds_member_id")),
    )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queue_order", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("number_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("reference_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("follows", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("release_period", sa.String(length=7), nullable=True),
        sa.Column("closed_period", sa.String(length=7), nullable=True),
        sa.Column("denial_period", sa.String(length=7), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'open', 'waiting', 'closed', 'erased')", name=op.f("ck_cases_state")
        ),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name=op.f("ck_cases_urgency")),
        sa.ForeignKeyConstraint(["assigned_to"], ["members.id"], name=op.f("fk_cases_assigned_to")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_assigned_to"), "cases", ["assigned_to"], unique=False)
    op.create_index(
        "ix_cases_merged",
        "cases",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index("ix_cases_number", "cases", ["number_lookup"], unique=False)
    op.create_index(
        "ix_cases_queue", "cases", ["state", "urgency", "queue_order", "id"], unique=False
    )
    op.create_index(op.f("ix_cases_reference_lookup"), "cases", ["reference_lookup"], unique=False)
    op.create_index(op.f("ix_cases_shred_day"), "cases", ["shred_day"], unique=False)
    op.create_index(
        "uq_cases_live_number",
        "cases",
        ["number_lookup"],
        unique=True,
        sqlite_where=sa.text("state IN ('new', 'open', 'waiting') AND merged_into IS NULL"),
        postgresql_where=sa.text("state IN ('new', 'open', 'waiting') AND merged_into IS NULL"),
    )


def _confirmations() -> None:
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("archive", sa.Boolean(), nullable=False),
        sa.Column("roster_version", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_by", sa.Uuid(), nullable=True),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_by", sa.Uuid(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_confirmations_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
    )
    op.create_index(
        op.f("ix_confirmations_member_id"), "confirmations", ["member_id"], unique=False
    )
    op.create_index(op.f("ix_confirmations_state"), "confirmations", ["state"], unique=False)


def _handover_notes() -> None:
    op.create_table(
        "handover_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_epoch", sa.Integer(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["members.id"], name=op.f("fk_handover_notes_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_handover_notes_shift_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_notes")),
    )
    op.create_index(
        op.f("ix_handover_notes_shift_id"), "handover_notes", ["shift_id"], unique=False
    )
    op.create_index(
        op.f("ix_handover_notes_shred_day"), "handover_notes", ["shred_day"], unique=False
    )


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_by", sa.Uuid(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["members.id"], name=op.f("fk_invitations_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["redeemed_by"], ["members.id"], name=op.f("fk_invitations_redeemed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code_lookup", name=op.f("uq_invitations_code_lookup")),
    )
    op.create_index(op.f("ix_invitations_shred_day"), "invitations", ["shred_day"], unique=False)


def _shift_overrides() -> None:
    op.create_table(
        "shift_overrides",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shift_id"],
            ["shifts.id"],
            name=op.f("fk_shift_overrides_shift_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_overrides")),
        sa.UniqueConstraint("lookup", name=op.f("uq_shift_overrides_lookup")),
    )
    op.create_index(
        op.f("ix_shift_overrides_shift_id"), "shift_overrides", ["shift_id"], unique=False
    )
    op.create_index(
        op.f("ix_shift_overrides_shred_day"), "shift_overrides", ["shred_day"], unique=False
    )


def _shift_swaps() -> None:
    op.create_table(
        "shift_swaps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'expired')", name=op.f("ck_shift_swaps_state")
        ),
        sa.ForeignKeyConstraint(
            ["shift_id"], ["shifts.id"], name=op.f("fk_shift_swaps_shift_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_swaps")),
    )
    op.create_index(op.f("ix_shift_swaps_shift_id"), "shift_swaps", ["shift_id"], unique=False)
    op.create_index(op.f("ix_shift_swaps_shred_day"), "shift_swaps", ["shred_day"], unique=False)
    op.create_index(
        "uq_shift_swaps_open",
        "shift_swaps",
        ["lookup"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _statistics_files() -> None:
    op.create_table(
        "statistics_files",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release_id"], ["statistics_releases.id"], name=op.f("fk_statistics_files_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "format", name=op.f("pk_statistics_files")),
    )


def _statistics_ledger() -> None:
    op.create_table(
        "statistics_ledger",
        sa.Column("release_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("family", sa.String(length=8), nullable=False),
        sa.Column("milli", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("milli > 0", name=op.f("ck_statistics_ledger_positive")),
        sa.ForeignKeyConstraint(
            ["release_id"], ["statistics_releases.id"], name=op.f("fk_statistics_ledger_release_id")
        ),
        sa.PrimaryKeyConstraint("release_id", "month", name=op.f("pk_statistics_ledger")),
    )


def _team_wraps() -> None:
    op.create_table(
        "team_wraps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_team_wraps_member_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_wraps")),
        sa.UniqueConstraint(
            "team", "epoch", "member_id", name=op.f("uq_team_wraps_team_epoch_member_id")
        ),
    )
    op.create_index(op.f("ix_team_wraps_member_id"), "team_wraps", ["member_id"], unique=False)
    op.create_index(op.f("ix_team_wraps_shred_day"), "team_wraps", ["shred_day"], unique=False)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_alerts_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_case_id"), "alerts", ["case_id"], unique=False)
    op.create_index(
        "uq_alerts_open_case",
        "alerts",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("details_version", sa.Integer(), nullable=False),
        sa.Column("details_epoch", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_call_id"), "attachments", ["call_id"], unique=False)
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"], unique=False)
    op.create_index(op.f("ix_attachments_message_id"), "attachments", ["message_id"], unique=False)


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("sid_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("winner", sa.Uuid(), nullable=True),
        sa.Column("disposition", sa.String(length=12), nullable=True),
        sa.Column("custody", sa.Boolean(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('challenge', 'menu', 'situation', 'ringing', 'calling', 'dialing', 'bridged', 'voicemail', 'keeping', 'ended')",
            name=op.f("ck_calls_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_calls_case_id")),
        sa.ForeignKeyConstraint(["winner"], ["members.id"], name=op.f("fk_calls_winner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("sid_lookup", name=op.f("uq_calls_sid_lookup")),
    )
    op.create_index(op.f("ix_calls_case_id"), "calls", ["case_id"], unique=False)
    op.create_index(
        "ix_calls_going_on",
        "calls",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    )
    op.create_index(op.f("ix_calls_shred_day"), "calls", ["shred_day"], unique=False)


def _case_epochs() -> None:
    op.create_table(
        "case_epochs",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_epochs_case_id")),
        sa.PrimaryKeyConstraint("case_id", "epoch", name=op.f("pk_case_epochs")),
    )


def _case_grants() -> None:
    op.create_table(
        "case_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(length=16), nullable=False),
        sa.Column("team_epoch", sa.Integer(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_grants_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_grants")),
        sa.UniqueConstraint(
            "case_id", "epoch", "team", name=op.f("uq_case_grants_case_id_epoch_team")
        ),
    )
    op.create_index(op.f("ix_case_grants_shred_day"), "case_grants", ["shred_day"], unique=False)


def _case_sheets() -> None:
    op.create_table(
        "case_sheets",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=True),
        sa.Column("fields_epoch", sa.Integer(), nullable=False),
        sa.Column("fields_version", sa.Integer(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("contact_epoch", sa.Integer(), nullable=False),
        sa.Column("contact_version", sa.Integer(), nullable=False),
        sa.Column("hold_reason", sa.LargeBinary(), nullable=True),
        sa.Column("hold_reason_epoch", sa.Integer(), nullable=False),
        sa.Column("hold_reason_version", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_sheets_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_sheets")),
    )


def _conflicts() -> None:
    op.create_table(
        "conflicts",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_conflicts_case_id")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_conflicts_member_id")),
        sa.PrimaryKeyConstraint("case_id", "member_id", name=op.f("pk_conflicts")),
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("override_reason", sa.LargeBinary(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consents_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_case_id"), "consents", ["case_id"], unique=False)
    op.create_index(op.f("ix_consents_shred_day"), "consents", ["shred_day"], unique=False)


def _denials() -> None:
    op.create_table(
        "denials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("details_version", sa.Integer(), nullable=False),
        sa.Column("details_epoch", sa.Integer(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('recorded', 'drafted', 'sent', 'acknowledged', 'answered', 'closed', 'withdrawn')",
            name=op.f("ck_denials_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_denials_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_denials")),
    )
    op.create_index(op.f("ix_denials_case_id"), "denials", ["case_id"], unique=False)
    op.create_index(op.f("ix_denials_recorded_at"), "denials", ["recorded_at"], unique=False)
    op.create_index(op.f("ix_denials_shred_day"), "denials", ["shred_day"], unique=False)


def _detention_episodes() -> None:
    op.create_table(
        "detention_episodes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("details_version", sa.Integer(), nullable=False),
        sa.Column("details_epoch", sa.Integer(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_detention_episodes_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detention_episodes")),
    )
    op.create_index(
        op.f("ix_detention_episodes_case_id"), "detention_episodes", ["case_id"], unique=False
    )
    op.create_index(
        op.f("ix_detention_episodes_shred_day"), "detention_episodes", ["shred_day"], unique=False
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("follows", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("cap", sa.Integer(), nullable=False),
        sa.Column("leader_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("place_version", sa.Integer(), nullable=False),
        sa.Column("place_epoch", sa.Integer(), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('tentative', 'confirmed', 'rescheduled', 'occurred', 'cancelled')",
            name=op.f("ck_events_state"),
        ),
        sa.CheckConstraint("cap BETWEEN 1 AND 10", name=op.f("ck_events_cap")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_case_id"), "events", ["case_id"], unique=False)
    op.create_index(op.f("ix_events_shred_day"), "events", ["shred_day"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_messages_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_case_position", "messages", ["case_id", "position"], unique=False)


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_notes_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_case_id"), "notes", ["case_id"], unique=False)


def _tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done')", name=op.f("ck_tasks_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tasks_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_case_id"), "tasks", ["case_id"], unique=False)
    op.create_index(
        "ix_tasks_open",
        "tasks",
        ["case_id"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_tasks_shred_day"), "tasks", ["shred_day"], unique=False)
    op.create_index("uq_tasks_reason", "tasks", ["subject_id", "kind", "number"], unique=True)


def _attachment_parts() -> None:
    op.create_table(
        "attachment_parts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attachment_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachments.id"],
            name=op.f("fk_attachment_parts_attachment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_attachment_parts_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment_parts")),
    )
    op.create_index(
        op.f("ix_attachment_parts_case_id"), "attachment_parts", ["case_id"], unique=False
    )
    op.create_index(
        "ix_attachment_parts_of", "attachment_parts", ["attachment_id", "number"], unique=False
    )


def _call_legs() -> None:
    op.create_table(
        "call_legs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_call_legs_call_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_call_legs_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_legs")),
    )
    op.create_index(op.f("ix_call_legs_call_id"), "call_legs", ["call_id"], unique=False)
    op.create_index(
        "ix_call_legs_running",
        "call_legs",
        ["member_id"],
        unique=False,
        sqlite_where=sa.text("state != 'over'"),
        postgresql_where=sa.text("state != 'over'"),
    )
    op.create_index(op.f("ix_call_legs_shred_day"), "call_legs", ["shred_day"], unique=False)


def _outgoing() -> None:
    op.create_table(
        "outgoing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sid_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outgoing_case_id")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_outgoing_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
    )
    op.create_index(op.f("ix_outgoing_case_id"), "outgoing", ["case_id"], unique=False)
    op.create_index(op.f("ix_outgoing_message_id"), "outgoing", ["message_id"], unique=False)
    op.create_index(op.f("ix_outgoing_shred_day"), "outgoing", ["shred_day"], unique=False)
    op.create_index(op.f("ix_outgoing_sid_lookup"), "outgoing", ["sid_lookup"], unique=False)


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("number_lookup", sa.LargeBinary(), nullable=False),
        sa.Column("paged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alerts.id"], name=op.f("fk_pages_alert_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_pages_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index(op.f("ix_pages_alert_id"), "pages", ["alert_id"], unique=False)
    op.create_index(op.f("ix_pages_number_lookup"), "pages", ["number_lookup"], unique=False)


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'offered', 'assigned', 'unfilled', 'done', 'cancelled')",
            name=op.f("ck_requests_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_requests_case_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_requests_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_case_id"), "requests", ["case_id"], unique=False)
    op.create_index(op.f("ix_requests_event_id"), "requests", ["event_id"], unique=False)
    op.create_index(op.f("ix_requests_shred_day"), "requests", ["shred_day"], unique=False)
    op.create_index(op.f("ix_requests_state"), "requests", ["state"], unique=False)


def _assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('active', 'attended', 'no_show', 'done', 'cancelled', 'revoked')",
            name=op.f("ck_assignments_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_assignments_case_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_assignments_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_assignments_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_case_id"), "assignments", ["case_id"], unique=False)
    op.create_index(op.f("ix_assignments_member_id"), "assignments", ["member_id"], unique=False)
    op.create_index(op.f("ix_assignments_request_id"), "assignments", ["request_id"], unique=False)
    op.create_index(op.f("ix_assignments_shred_day"), "assignments", ["shred_day"], unique=False)
    op.create_index(
        "uq_assignments_active",
        "assignments",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )


def _brief_wraps() -> None:
    op.create_table(
        "brief_wraps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("wrap", sa.LargeBinary(), nullable=True),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_brief_wraps_case_id")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_brief_wraps_member_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_brief_wraps_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief_wraps")),
    )
    op.create_index(op.f("ix_brief_wraps_case_id"), "brief_wraps", ["case_id"], unique=False)
    op.create_index(op.f("ix_brief_wraps_member_id"), "brief_wraps", ["member_id"], unique=False)
    op.create_index(op.f("ix_brief_wraps_shred_day"), "brief_wraps", ["shred_day"], unique=False)
    op.create_index(
        "uq_brief_wraps_request_member", "brief_wraps", ["request_id", "member_id"], unique=True
    )


def _briefs() -> None:
    op.create_table(
        "briefs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("fields_version", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_briefs_case_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_briefs_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_briefs")),
        sa.UniqueConstraint("request_id", name=op.f("uq_briefs_request_id")),
    )
    op.create_index(op.f("ix_briefs_case_id"), "briefs", ["case_id"], unique=False)


def _offers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_lookup", sa.LargeBinary(), nullable=True),
        sa.Column("op_key", sa.LargeBinary(), nullable=True),
        sa.Column("op_values", sa.LargeBinary(), nullable=True),
        sa.Column("op_version", sa.Integer(), nullable=False),
        sa.Column("shred_day", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'expired', 'withdrawn')",
            name=op.f("ck_offers_state"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_offers_member_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_offers_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_member_id"), "offers", ["member_id"], unique=False)
    op.create_index(op.f("ix_offers_reply_lookup"), "offers", ["reply_lookup"], unique=False)
    op.create_index("ix_offers_request", "offers", ["request_id"], unique=False)
    op.create_index(op.f("ix_offers_shred_day"), "offers", ["shred_day"], unique=False)
    op.create_index(
        "uq_offers_accepted",
        "offers",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.create_index(
        "uq_offers_pending",
        "offers",
        ["request_id", "member_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_reports_assignment_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_assignment_id"), "reports", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_reports_case_id"), "reports", ["case_id"], unique=False)
