"""Reading safe hours in a caller's answer, where there is no doubt about them.

Every word of the answer has to be understood. A clock hour counts where the half of the day is
certain: by am or pm, by words such as "du soir", or because the clock has 24 hours ("18h",
"de 9h a 17h"). ``3``, ``6 pm``, ``at 6``, ``before 9 am`` and ``not after 6 pm`` are not read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_NOON, _DAY = 12 * 60, 24 * 60
_LONGEST = 200

# The way that stands before the hours: a choice of the question, or its words.
_CHOICE = re.compile(
    r"[1-4](?![\d:h])(?!\s*(?:am|pm)\b)(?:\s*(?:or|and|et|ou|y|o|ak|oswa|[,/+&])\s*[1-4]\b)?"
)
_FILLER = re.compile(
    r"(?:text(?:s|ing)?|sms|call(?:s|ing)?|both|or|and|you|can|may|me|please|pls|only|is|fine|ok|okay"
    r"|textos?|appels?|appelez|appeler|moi|ou|et|les|deux|seulement|svp|s'il vous plait"
    r"|mensajes?|llamadas?|llamar|llamen|llamame|ambos|ambas|o|y|solo|por favor"
    r"|tekst|mesaj|rele|toude|tou de|oswa|ak|selman|tanpri)\b"
)
_AFTERWORD = re.compile(r"( (?:please|pls|only|is|fine|ok|okay|svp|seulement|por favor|tanpri))+$")
_ANY = (
    r"(?:any ?time|whenever|24/7|n'?importe quand|(?:a )?(?:toute heure|n'?importe quelle heure)"
    r"|quand vous voulez|(?:a )?cualquier hora|(?:en )?cualquier momento"
    r"|(?:cuando|a la hora que) (?:sea|quieran?|gusten?)|n[ei]npot (?:ki )?le|le (?:ou|w) vle)"
)
_AFTER = r"(?:after|from|starting(?: at)?|apres|a partir de|des|despues de|desde|apre|depi)"
_SINCE = r"(?: on| onwards?)?"
_UNIT = r"\s*(?:h|hrs?|heures?|hs|horas?|o'?clock|e|le)\b"
_HALF = (
    r"\s*(?:am|pm|du matin|du soir|de l'?apres-?midi|de la (?:manana|tarde|noche)"
    r"|(?:nan )?(?:maten|apremidi|aswe)|di(?:maten|swa))\b"
)
_TIME = (
    rf"(?:las? |l'|le )?(?:\d{{1,2}}(?:(?:[:h]|\s?h\s?)\d{{2}})?(?:{_UNIT})?(?:{_HALF})?"
    r"|noon|midi|mediodia)"
)
_TO = r"\s*(?:-|to|and|until|till|a|et|y|jusqu'a|hasta|ak|rive|jiska)\s*"
_WINDOW = re.compile(rf"(?:between |from |entre |de |desde |depi |ant )?({_TIME}){_TO}({_TIME})")
_OPEN = re.compile(rf"(?:{_ANY} )?{_AFTER} ({_TIME}){_SINCE}")
_CLOCK = re.compile(
    r"(?P<la>las? )?(?P<hour>\d{1,2})(?:(?:[:h]|\s?h\s?)(?P<minute>\d{2}))?(?P<rest>.*)"
)
_WEE = re.compile(r"am|matin|manana|maten")
# "9h30", as French writes a time of 24 hours; in the forenoon it is not taken for the evening.
_WRITTEN_BY_24 = re.compile(r"\d ?h ?\d{2}$")
_FORENOON = range(7 * 60, _NOON + 1)
# The evening begins where no morning hour can be meant: "12 de la noche" is midnight.
_EVENING = re.compile(r"soir|noche|aswe|swa")


@dataclass(frozen=True)
class _Clock:
    """A time as it was said, in minutes; ``sure``: of a clock of 24 hours, or with its half.

    ``half`` is ``am`` or ``pm`` where one was said. ``marked``: it is a time, and no other number.
    """

    minute: int
    half: str | None
    sure: bool
    marked: bool


def read_hours(text: str) -> tuple[str, ...] | None:
    """Return the windows in a caller's answer as ``HH:MM-HH:MM``, or ``("any",)`` for any time.

    None where they said no hours, or where anything about them is in doubt.
    """
    if len(text) > _LONGEST:
        return None
    said = _strip_way(_fold(text))
    if re.fullmatch(_ANY, said):
        return ("any",)
    if opened := _OPEN.fullmatch(said):
        return _spell(_read_sure(opened[1]), _DAY)
    if window := _WINDOW.fullmatch(said):
        return _spell(*_read_both(window[1], window[2]))
    return None


def _fold(text: str) -> str:
    """Return a text in small letters without accents, one space between words."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-").casefold())
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    plain = re.sub(r"(?<=\d)\s*([ap])\s?\.?\s?m\b\.?", r" \1m", plain)
    return " ".join(re.sub(r"[.!;,]+(?=\s|$)", " ", plain).split())


def _strip_way(text: str) -> str:
    """Take away the way to be reached, before the hours, and polite words on both sides."""
    if choice := _CHOICE.match(text):
        text = text[choice.end() :].lstrip(" )-:,")
    while (filler := _FILLER.match(text)) and not _WINDOW.fullmatch(text):
        text = text[filler.end() :].lstrip(" :,")
    return _AFTERWORD.sub("", text)


def _read_sure(text: str) -> int | None:
    clock = _read_clock(text)
    return clock.minute if clock is not None and clock.sure and clock.marked else None


def _read_both(first: str, last: str) -> tuple[int | None, int | None]:
    """Return start and end. One end may make the other certain; else there is doubt."""
    start, end = _read_clock(first), _read_clock(last)
    if start is None or end is None or not (start.marked or end.marked):
        return None, None
    if start.sure and end.sure:
        return start.minute, end.minute
    # "de 9h a 17h", "20h-8h", "08:00-11:00": who says 17 or 08 counts to 24; 9 and 11 say nothing.
    if not start.half and not end.half and (start.sure or end.sure):
        return start.minute, end.minute
    written = any(map(_WRITTEN_BY_24.search, (first, last)))
    by_24 = written and not start.half and not end.half
    if by_24 and start.minute in _FORENOON and start.minute < end.minute <= _NOON:
        return start.minute, end.minute
    # "6 to 9 pm": of what it may mean this is the shorter, and so the safer.
    if end.half and not start.half and not start.sure:
        begins = start.minute % _NOON + (_NOON if end.half == "pm" else 0)
        return (begins, end.minute) if begins < end.minute else (None, None)
    return None, None


def _read_clock(text: str) -> _Clock | None:
    """Return a time as it was said; None for one that there is not."""
    if re.fullmatch(r"(?:l'|le |las? )?(?:noon|midi|mediodia)", text):
        return _Clock(_NOON, "pm", sure=True, marked=True)
    found = _CLOCK.fullmatch(re.sub(r"^(?:l'|le )", "", text))
    if found is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if hour > 24 or minute > 59 or hour * 60 + minute > _DAY:
        return None
    rest = found["rest"].strip()
    said = re.search(_HALF, f" {rest}")
    if said is not None:
        return _read_half(hour, minute, said[0])
    marked = bool(found["la"] or found["minute"] or rest)
    sure = hour > 12 or (found["hour"].startswith("0") and bool(found["minute"]))
    return _Clock(hour * 60 + minute, None, sure=sure, marked=marked)


def _read_half(hour: int, minute: int, said: str) -> _Clock | None:
    """Return a time with the half of the day that was said; None where the two disagree."""
    wee, evening = bool(_WEE.search(said)), bool(_EVENING.search(said))
    by_clock = said.strip() in {"am", "pm"}
    if not 1 <= hour <= 12 or (evening and not 4 <= hour <= 11) or (hour == 12 and not by_clock):
        return None
    half = "am" if wee else "pm"
    return _Clock(hour % 12 * 60 + minute + _NOON * (not wee), half, sure=True, marked=True)


def _spell(start: int | None, end: int | None) -> tuple[str, ...] | None:
    if start is None or end is None or start in (end, _DAY):
        return None
    return ("-".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end)),)
