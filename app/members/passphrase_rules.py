"""What a passphrase must not be: short, the name, one character, or one of those tried first."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from app.crypto import MIN_PASSPHRASE, normalise_passphrase
from app.errors import BadRequest


class PassphraseRefused(BadRequest):
    """Choose another passphrase; several words are easier to remember."""


class PassphraseTooShort(PassphraseRefused):
    """A passphrase has at least 12 characters; several words are easier to remember."""


class PassphraseIsHandle(PassphraseRefused):
    """The passphrase is your name here, which every colleague knows. Choose several words."""


class PassphraseRepeats(PassphraseRefused):
    """The passphrase is one character again and again. Choose several words."""


class PassphraseCommon(PassphraseRefused):
    """This passphrase is on every list of those that are tried first. Choose several words."""


def check_passphrase(passphrase: str, handle: str) -> None:
    """Raise the reason why a new passphrase of the member ``handle`` is refused, if it is.

    PassphraseTooShort, PassphraseIsHandle, PassphraseRepeats, PassphraseCommon.
    """
    normalised = normalise_passphrase(passphrase)
    if len(normalised) < MIN_PASSPHRASE:
        raise PassphraseTooShort
    letters = _read_letters(normalised)
    if letters == _read_letters(normalise_passphrase(handle)):
        raise PassphraseIsHandle
    if len(set(letters)) == 1:
        raise PassphraseRepeats
    if letters in read_common_passphrases():
        raise PassphraseCommon


@cache
def read_common_passphrases() -> frozenset[str]:
    """Return the shipped list, in small letters and without spaces."""
    text = files("app.members").joinpath("common_passphrases.txt").read_text(encoding="utf-8")
    return frozenset(_read_letters(line) for line in text.splitlines() if line)


def _read_letters(text: str) -> str:
    """Return a text without its spaces and its capital letters."""
    return text.replace(" ", "").casefold()
