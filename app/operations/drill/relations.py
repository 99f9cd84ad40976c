"""What rows hang on, as the roster and the rows above them say it, not the row itself."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, RowMapping, inspect, select

from app.models import PARENTS, Base, Parent
from app.vault import Roster, RosterRefused, parse_roster

# The column by which a row's case is found, and the table that says which case that is.
_ABOVE: Mapping[str, tuple[str, str]] = {
    "assignments": ("request_id", "requests"),
    "attachment_parts": ("attachment_id", "attachments"),
    "brief_wraps": ("request_id", "requests"),
    "briefs": ("request_id", "requests"),
    "interpretations": ("assignment_id", "assignments"),
    "reports": ("assignment_id", "assignments"),
    "requests": ("event_id", "events"),
}
_OF_THE_ROSTER = ("assignments", "brief_wraps", "offers", "team_wraps")


class Relations:
    """The roster and the cases of the rows that others hang on, as one database holds them."""

    def __init__(self, connection: Connection) -> None:
        there = set(inspect(connection).get_table_names())
        self.roster = _read_roster(connection) if "rosters" in there else None
        self._cases = {
            name: _read_cases(connection, name)
            for name in {above for _, above in _ABOVE.values()} & there
        }

    def find_parents(self, table: str, row: RowMapping) -> tuple[Parent, ...]:
        """Return what a row hangs on; None in the place of what nobody else vouches for."""
        return tuple(self._find_parent(table, row, name) for name in PARENTS.get(table, ()))

    def _find_parent(self, table: str, row: RowMapping, name: str) -> Parent:
        own: Parent = row[name]
        if name == "case_id":
            column, above = _ABOVE.get(table, ("", ""))
            linked = row.get(column)
            return own if linked is None else self._cases.get(above, {}).get(linked)
        if name == "member_id" and table in _OF_THE_ROSTER:
            return own if self._is_listed(own) else None
        if name == "team_epoch" or (name == "epoch" and table == "team_wraps"):
            return own if self._is_epoch(row["team"], own) else None
        return own

    def _is_listed(self, member: Parent) -> bool:
        return self.roster is not None and (
            member in self.roster.by_id or member in self.roster.removed
        )

    def _is_epoch(self, team: str, epoch: Parent) -> bool:
        return self.roster is not None and epoch in self.roster.teams[team].publics


def _read_roster(connection: Connection) -> Roster | None:
    rosters = Base.metadata.tables["rosters"]
    newest = select(rosters.c.document).order_by(rosters.c.version.desc()).limit(1)
    document = connection.execute(newest).scalar()
    try:
        return parse_roster(document) if document else None
    except (RosterRefused, ValueError, KeyError, TypeError):
        return None


def _read_cases(connection: Connection, name: str) -> dict[UUID, UUID]:
    table = Base.metadata.tables[name]
    return {row.id: row.case_id for row in connection.execute(select(table.c.id, table.c.case_id))}
