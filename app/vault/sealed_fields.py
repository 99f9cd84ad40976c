"""Which columns hold values that people read, and how each is sealed: the whole list.

Keys that lie sealed in a row (grants, wraps, seeds) are no fields: the modules that hand keys on
seal those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from app.crypto import Purpose, SealBroken, Secret, Suite, pad_field, pad_message, unpad
from app.models import (
    ArchivedContact,
    AttachmentDetails,
    BriefContent,
    DatePlace,
    DenialDetails,
    DetentionDetails,
    MessageBody,
    NoteBody,
    Parent,
    ReportBody,
    dump_values,
    list_parents,
    load_values,
    order_parents,
)

V = TypeVar("V")


class Padding(Enum):
    """To which sizes a plaintext is padded, so that its length tells little."""

    NONE = auto()
    FIELD = auto()
    MESSAGE = auto()


class Encoding(Enum):
    """How a value becomes bytes: as JSON, as the text it is, as the bytes it is."""

    JSON = auto()
    TEXT = auto()
    BYTES = auto()


_PAD: Mapping[Padding, Callable[[bytes], bytes]] = {
    Padding.NONE: bytes,
    Padding.FIELD: pad_field,
    Padding.MESSAGE: pad_message,
}
_TO_PUBLIC, _UNDER_KEY = Suite.HPKE, Suite.COBBLESTONE


@dataclass(frozen=True)
class SealedPlace:
    """Where one sealed value stands, beside its table and column: what its context is made of.

    ``version`` counts the rewrites of the value: 1 for a value of a case that is never rewritten, 0
    for one outside cases. ``epoch`` is that of the case, or of the team where there is no case.
    ``parents`` are what the row hangs on, in the order of its table.
    """

    row: UUID
    epoch: int
    case: UUID | None = None
    version: int = 1
    parents: tuple[Parent, ...] = ()


@dataclass(frozen=True)
class SealedField(Generic[V]):
    """One sealed column: the type of its values, and how they become a blob.

    ``suites``: whether it is sealed to a public key, under a symmetric one, or either.
    ``names_epoch``: whether the blob's header names the epoch. It does not where each row has a key
    of its own, outside all epochs.
    """

    table: str
    column: str
    value_type: type[V]
    purpose: Purpose = Purpose.FIELD
    padding: Padding = Padding.FIELD
    encoding: Encoding = Encoding.JSON
    suites: tuple[Suite, ...] = (_TO_PUBLIC,)
    names_epoch: bool = True

    @property
    def name(self) -> str:
        """The column as ``table.column``, which is also the label of its symmetric key."""
        return f"{self.table}.{self.column}"

    def encode(self, value: V) -> bytes:
        """Return a value as it is sealed, padded."""
        if self.encoding is Encoding.BYTES:
            plain = cast("bytes", value)
        elif self.encoding is Encoding.TEXT:
            plain = cast("str", value).encode("utf-8", "replace")
        else:
            plain = dump_values(value)
        return _PAD[self.padding](plain)

    def decode(self, plaintext: Secret) -> V:
        """Return the value that was sealed. SealBroken, also where it is of another type."""
        plain = plaintext if self.padding is Padding.NONE else unpad(plaintext)
        if self.encoding is Encoding.BYTES:
            return cast("V", plain)
        try:
            if self.encoding is Encoding.TEXT:
                return cast("V", plain.decode())
            return load_values(self.value_type, plain)
        except ValueError:
            raise SealBroken from None

    def find_place(self, row: Any) -> SealedPlace:
        """Return where the value of a row stands, by the rule that all tables follow."""
        case = getattr(row, "case_id", None)
        epoch = getattr(row, f"{self.column}_epoch", getattr(row, "epoch", None))
        return SealedPlace(
            row=row.id if hasattr(row, "id") else row.case_id,
            epoch=row.team_epoch if epoch is None else epoch,
            case=case,
            version=getattr(row, f"{self.column}_version", 1 if case else 0),
            parents=list_parents(self.table, row),
        )

    def place(self, row: UUID, epoch: int, version: int = 1, **parents: Parent) -> SealedPlace:
        """Return where the value of a row that is being made will stand."""
        case = parents.get("case_id")
        if not isinstance(case, UUID | None):
            raise TypeError
        return SealedPlace(row, epoch, case, version, order_parents(self.table, parents))


MESSAGE_BODY = SealedField(
    "messages",
    "body",
    MessageBody,
    Purpose.MESSAGE,
    Padding.MESSAGE,
    suites=(_TO_PUBLIC, _UNDER_KEY),
)
NOTE_BODY = SealedField("notes", "body", NoteBody, Purpose.NOTE, Padding.MESSAGE)
CASE_FIELDS = SealedField("case_sheets", "fields", dict[str, str | None])
CASE_CONTACT = SealedField("case_sheets", "contact", ArchivedContact)
HOLD_REASON = SealedField("case_sheets", "hold_reason", str)
OVERRIDE_REASON = SealedField("consents", "override_reason", str, encoding=Encoding.TEXT)
EVENT_PLACE = SealedField("events", "place", DatePlace)
DENIAL_DETAILS = SealedField("denials", "details", DenialDetails)
DETENTION_DETAILS = SealedField("detention_episodes", "details", DetentionDetails)
REPORT_BODY = SealedField("reports", "body", ReportBody, Purpose.NOTE, Padding.MESSAGE)
BRIEF_FIELDS = SealedField("briefs", "fields", BriefContent, suites=(_UNDER_KEY,))
HANDOVER_BODY = SealedField(
    "handover_notes",
    "body",
    NoteBody,
    Purpose.NOTE,
    Padding.MESSAGE,
    suites=(_UNDER_KEY,),
    names_epoch=False,
)
SIGHTING_BODY = SealedField(
    "raid_reports", "body", dict[str, str], suites=(_UNDER_KEY,), names_epoch=False
)
ATTACHMENT_DETAILS = SealedField("attachments", "details", AttachmentDetails)
ATTACHMENT_KEY = SealedField(
    "attachments", "key", Secret, Purpose.ATTACHMENT, Padding.NONE, Encoding.BYTES
)
ATTACHMENT_PART = SealedField(
    "attachment_parts",
    "body",
    bytes,
    Purpose.ATTACHMENT,
    Padding.MESSAGE,
    Encoding.BYTES,
    suites=(_UNDER_KEY,),
)

SEALED_FIELDS: tuple[SealedField[Any], ...] = (
    MESSAGE_BODY,
    NOTE_BODY,
    CASE_FIELDS,
    CASE_CONTACT,
    HOLD_REASON,
    OVERRIDE_REASON,
    EVENT_PLACE,
    DENIAL_DETAILS,
    DETENTION_DETAILS,
    REPORT_BODY,
    BRIEF_FIELDS,
    HANDOVER_BODY,
    SIGHTING_BODY,
    ATTACHMENT_DETAILS,
    ATTACHMENT_KEY,
    ATTACHMENT_PART,
)
