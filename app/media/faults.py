"""Why a file from outside is not kept, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class FileFault(StrEnum):
    """Why a file is not kept."""

    EMPTY = "empty"
    """It has no content."""
    UNKNOWN = "unknown"
    """It is no JPEG, PNG, WebP, GIF, PDF or sound."""
    LARGE = "large"
    """It has more bytes than a file may have, as it came or as it would be kept."""
    HEAVY = "heavy"
    """To open it takes more memory, pixels, pages or time than a file may take."""
    ANIMATED = "animated"
    """It is a moving picture."""
    VIDEO = "video"
    """It is a film."""
    LONG = "long"
    """It is a sound of more than a quarter of an hour."""
    ENCRYPTED = "encrypted"
    """It opens with a password only."""
    FORM = "form"
    """It is a document whose pages are made by a program in it."""
    BROKEN = "broken"
    """It is damaged or cut off."""
    MISSING = "missing"
    """The carrier did not hand it over, however often it was asked."""
    MANY = "many"
    """The case has as many files from texts as a case may have."""


# What a volunteer reads, after "Not kept:".
FAULT_WORDS: Mapping[FileFault, str] = {
    FileFault.EMPTY: "the file is empty.",
    FileFault.UNKNOWN: "it is no picture (JPEG, PNG, WebP, GIF), no PDF and no sound.",
    FileFault.LARGE: "it is larger than 16 MB.",
    FileFault.HEAVY: "opening it takes more memory or time than a safe file does. "
    "Ask for a smaller picture or for fewer pages.",
    FileFault.ANIMATED: "it is a moving picture. Ask for a still one.",
    FileFault.VIDEO: "it is a film. Ask for single pictures.",
    FileFault.LONG: "the sound is longer than 15 minutes. Ask for it in parts.",
    FileFault.ENCRYPTED: "it opens with a password only. Ask for it without one.",
    FileFault.FORM: "it is a form that a program in it draws. Ask for a picture of it.",
    FileFault.BROKEN: "it is damaged or cut off. Ask for it once more.",
    FileFault.MISSING: "the carrier did not hand it over. Ask for it once more.",
    FileFault.MANY: "this case has as many files from texts as a case may have.",
}
