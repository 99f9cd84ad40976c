"""Archives: encrypted to a key that is kept off the server, made online, read again at once.

An archive holds the database, the anchor, the integrity and audit keys, and the shred keys that
its snapshot lies under; never the operational seed. Kith drops archives after a week. A copy kept
elsewhere stays openable, for ever, to whoever has the backup key and a member's passphrase.
"""

from app.backup.archive import ArchiveDamaged, NotAnArchive, open_key, read_preface
from app.backup.restoring import (
    NeedsAcknowledgement,
    NewerRelease,
    OlderThanAnchor,
    Restored,
    restore,
)
from app.backup.target import NotEmpty, OtherKeys
from app.backup.writing import (
    KEPT,
    LayerAstray,
    Made,
    OtherSchema,
    look_after,
    made_at,
    make,
    newest,
    prune,
)

__all__ = [
    "KEPT",
    "ArchiveDamaged",
    "LayerAstray",
    "Made",
    "NeedsAcknowledgement",
    "NewerRelease",
    "NotAnArchive",
    "NotEmpty",
    "OlderThanAnchor",
    "OtherKeys",
    "OtherSchema",
    "Restored",
    "look_after",
    "made_at",
    "make",
    "newest",
    "open_key",
    "prune",
    "read_preface",
    "restore",
]
