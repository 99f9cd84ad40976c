"""A file that leaves the hotline, sealed under a code that is said to its reader once.

``export id 16 | blob``. The key comes from the code's 128 random bits, so no slow function is
needed; the reader has nothing else of the hotline, so the context names none.
"""

from __future__ import annotations

import re
from uuid import UUID, uuid4

from app.crypto.formats import Context, Purpose, SealBroken, pad_message, unpad
from app.crypto.keys import Secret, derive_key
from app.crypto.passphrases import new_invitation_code, read_letters
from app.crypto.sealing import lock, unlock

_ANYWHERE = UUID(int=0)
_ID_BYTES = 16


_CODE = re.compile(rb"[A-Z2-7]{26}")


def new_code() -> str:
    """Return a code for one file: 128 random bits, safe to read aloud in groups."""
    return new_invitation_code()


def is_code(text: str) -> bool:
    """Return whether a text has the form of such a code, however it was spaced or cased."""
    return _CODE.fullmatch(read_letters(text)) is not None


def lock_file(code: str, content: bytes) -> bytes:
    """Return ``content`` sealed under a code of ``new_code``."""
    export_id = uuid4()
    blob = lock(derive_code_key(code), Purpose.EXPORT, 0, _context(export_id), pad_message(content))
    return export_id.bytes + blob


def unlock_file(code: str, sealed: bytes) -> Secret:
    """Return what ``lock_file`` sealed, verified whole; SealBroken for another code or file."""
    if len(sealed) <= _ID_BYTES:
        raise SealBroken
    context = _context(UUID(bytes=sealed[:_ID_BYTES]))
    return unpad(unlock(derive_code_key(code), Purpose.EXPORT, 0, context, sealed[_ID_BYTES:]))


def derive_code_key(code: str) -> Secret:
    """Return the key that a code stands for, however it was spaced or cased."""
    return derive_key(read_letters(code), "export")


def _context(export_id: UUID) -> Context:
    return Context(_ANYWHERE, "exports", "file", export_id)
