"""How a text is read for words: case, accents, scripts of digits and invisible marks set aside."""

from __future__ import annotations

import unicodedata

# The longest text a carrier delivers has 1600 characters; nothing after 4000 is looked at.
_READ_AT_MOST = 4000


def fold(text: str) -> list[str]:
    """Return the words of ``text`` for comparing: lower case, no accents, ASCII digits.

    Full-width, circled, Arabic-Indic and key-cap digits become 0 to 9; zero-width and
    right-to-left marks, emoji modifiers and punctuation vanish; an emoji is a word of its own, and
    so is each Chinese character, since Chinese is written without spaces.
    Never raises.
    """
    plain = unicodedata.normalize("NFKD", text[:_READ_AT_MOST]).casefold()
    return plain.translate(_TABLE).split()


def is_word(word: str) -> bool:
    """Whether a folded word is made of letters or digits, and is no emoji."""
    return word[0].isalnum()


class _FoldingTable(dict[int, str | None]):
    """The folded form of each code point; common ones are worked out once, others each time."""

    def __missing__(self, code: int) -> str | None:
        folded = _fold_character(chr(code))
        if code < 0x3000 or 0x1F000 <= code < 0x20000:  # bounded: no text can fill the memory
            self[code] = folded
        return folded


def _fold_character(character: str) -> str | None:
    category = unicodedata.category(character)
    if category in {"Me", "Cf", "Sk"} or (category == "Mn" and not _is_vowel_sign(character)):
        return None
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "So" or "\u4e00" <= character <= "\u9fff":
        return f" {character} "
    return character if character.isalnum() or category in {"Mc", "Mn"} else " "


def _is_vowel_sign(mark: str) -> bool:
    """Whether a mark is a vowel or a joiner of an Indian script, without which words change.

    Accents, the vowel points of Arabic and Hebrew, and nuktas have combining classes of their own;
    of the rest only variation selectors (U+FE00 to U+FE0F) say nothing.
    """
    return unicodedata.combining(mark) in {0, 9} and not "\ufe00" <= mark <= "\ufe0f"


_TABLE = _FoldingTable()
