"""What every table shares: the three words for a column, instants in UTC, operational rows.

Each column says who may read it: ``sealed`` (people, inside their request), ``operational`` (the
machine, under the operational key) or ``plain`` (whoever holds the database).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, TypeVar, cast, get_args
from uuid import UUID

from sqlalchemy import DateTime, LargeBinary, MetaData, String, Table, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

ROUNDING = timedelta(minutes=5)
V = TypeVar("V")
S = TypeVar("S", bound=StrEnum)


class Instant(TypeDecorator[datetime]):
    """An aware instant in UTC; refuses naive ones. SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware instant."""
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class State(TypeDecorator[S]):
    """A column that holds one of a ``StrEnum``'s members, as text of at most ``length``."""

    impl = String
    cache_ok = True

    def __init__(self, states: type[S], length: int) -> None:
        super().__init__(length)
        self.states = states

    def process_bind_param(self, value: S | str | None, dialect: Dialect) -> str | None:
        """Store the text of a member; ValueError for anything else."""
        return None if value is None else self.states(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> S | None:
        """Return the member."""
        return None if value is None else self.states(value)


class AnyRow(DeclarativeBase):
    """All tables, with constraint names that migrations can rely on.

    ``why_unvouched`` says why the rows of a table carry no MAC; it is empty for all others.
    ``id_window`` names the plain column whose five minutes the ids of a table begin with (see
    ``app.store.row_ids``); where it is empty, ids are random.
    """

    why_unvouched: ClassVar[str] = ""
    id_window: ClassVar[str] = ""
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, UUID: Uuid, bytes: LargeBinary}


def plain(*args: Any, harmless: str = "", **options: Any) -> MappedColumn[Any]:
    """A column that whoever holds the database may read.

    The row's MAC vouches for it, unless it is ``harmless``: then the text says why a changed value
    hurts nobody.
    """
    return mapped_column(*args, info={"vault": "plain", "harmless": harmless}, **options)


class Base(AnyRow):
    """A table whose rows carry a MAC, so that whoever can write to the database forges none.

    ``app.store.row_macs`` writes it with every row and checks it with every row that is read.
    """

    __abstract__ = True

    row_mac: Mapped[bytes] = mapped_column(
        sort_order=100, info={"vault": "plain", "harmless": "the MAC itself", "mac": True}
    )


class UnvouchedBase(AnyRow):
    """A table whose rows carry no MAC; ``why_unvouched`` says why none is needed."""

    __abstract__ = True


def sealed(*args: Any, **options: Any) -> MappedColumn[Any]:
    """A column that only people open, inside their request."""
    return mapped_column(*args, info={"vault": "sealed"}, **options)


def forgotten(*args: Any, **options: Any) -> MappedColumn[Any]:
    """A sealed key under the forgetting layer: re-wrapped daily, worthless a week later."""
    return mapped_column(*args, info={"vault": "sealed", "forgetting": True}, **options)


class OperationalRow(Generic[V]):
    """A row with values for the machine: one blob under a row key of its own.

    ``class Case(OperationalRow[CaseValues], Base)`` says what its values are.

    ``op_key`` holds the row key (wrapped under the operational key, or sealed to its public half)
    under the forgetting layer of ``shred_day``; ``op_version`` rises with each rewrite of the
    values.
    """

    __tablename__: str
    values_type: ClassVar[type[Any]]
    id: Any
    op_key: Mapped[bytes | None] = mapped_column(info={"vault": "operational", "forgetting": True})
    op_values: Mapped[bytes | None] = mapped_column(info={"vault": "operational"})
    op_version: Mapped[int] = plain(default=0)
    shred_day: Mapped[int | None] = plain(index=True)

    def __init_subclass__(cls, **options: Any) -> None:
        for base in getattr(cls, "__orig_bases__", ()):
            if getattr(base, "__origin__", None) is OperationalRow:
                [cls.values_type] = get_args(base)
        super().__init_subclass__(**options)


def table(model: type[AnyRow]) -> Table:
    """Return a model's table, for set-based statements that need no mapped objects."""
    return cast("Table", model.__table__)


def rounded(now: datetime) -> datetime:
    """Return ``now`` rounded down to five minutes: all that a plain column may tell."""
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % int(ROUNDING.total_seconds()), UTC)
