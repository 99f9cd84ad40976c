"""Files from outside, made harmless: told by their bytes, opened in a process of their own.

``cleaner`` starts that process and says what became of a file. Only its program loads what opens
pictures, documents and sounds.
"""

from app.media.cleaner import (
    LARGEST_FILE_IN,
    CleanerBusy,
    CleanerFailed,
    CleanFile,
    FileRefused,
    clean_file,
)
from app.media.faults import FAULT_WORDS, FileFault
from app.media.types import UNKNOWN_TYPE, find_media_type

__all__ = [
    "FAULT_WORDS",
    "LARGEST_FILE_IN",
    "UNKNOWN_TYPE",
    "CleanFile",
    "CleanerBusy",
    "CleanerFailed",
    "FileFault",
    "FileRefused",
    "clean_file",
    "find_media_type",
]
