"""Figures in words: labels, how to read them, a sentence for a grant report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.reports.records import ReleaseCell, ReleaseRecord
from app.texts import LANGUAGE_NAMES

LABELS: Mapping[str, str] = {
    # situations
    "happening_now": "happening now",
    "detained": "somebody was taken",
    "date_or_letter": "a date or letter",
    "witnessed": "something was seen",
    "service_denied": "refused a service",
    "other": "other or not known",
    # outcomes
    "supported": "supported",
    "referred": "referred",
    "released": "released",
    "removed": "removed",
    "unreachable": "could not be reached",
    "duplicate": "was another case",
    "not_for_us": "not for us",
    # until a person had it
    "within_5_min": "within 5 minutes",
    "within_30_min": "5 to 30 minutes",
    "within_2_h": "30 minutes to 2 hours",
    "within_24_h": "2 to 24 hours",
    "within_72_h": "1 to 3 days",
    "later": "later",
    "nobody": "not by text or claim",
    # sectors, and what was refused there
    "health": "health",
    "school": "school or daycare",
    "shelter": "shelter",
    "police": "police",
    "city_desk": "desk of the city",
    "housing": "housing",
    "food": "food bank or meal",
    "emergency": "help in an emergency",
    "admission": "entry, a place or a bed",
    "appointment": "an appointment or treatment",
    "paper": "a card, paper or permit",
    "statement": "taking down a report or complaint",
    "aid": "food, money or goods",
    "information": "information or an interpreter",
    **LANGUAGE_NAMES,
}
TITLES: Mapping[str, str] = {
    "total": "All cases",
    "region": "By region",
    "situation": "By situation",
    "language": "By language",
    "outcome": "By outcome",
    "time_to_human": "Until a person had the case",
    "region_situation": "By region and situation",
    "region_language": "By region and language",
    "sector": "By sector",
    "service": "By refused service",
    "sector_service": "By sector and refused service",
}
FAMILY_NAMES: Mapping[str, str] = {
    "opened": "Cases that were opened",
    "closed": "Cases that were closed",
    "denials": "Cases with a refused service",
}
HOW_TO_READ: Sequence[str] = tuple(
    " ".join(paragraph.split())
    for paragraph in """
Every figure here contains deliberate random noise, also the zeros. It protects the people behind
the figures: nobody can tell from them whether one particular case was counted.

Each figure has a 95 % range. As it was measured, the true count lay in it in at least 95 of 100
cases; making the tables add up moves that a little. Where the range reaches down to zero, only the
range is shown.

You may conclude what holds everywhere in the range. Do not conclude anything from a difference that
is smaller than the ranges, nor from a figure whose range reaches to zero.

All tables of one release add up. They were measured together and drawn once; to ask again gives the
same figures. What was released before its parts (a quarter before its months) need not add up to
them.

A category that is in no list, or is not known, is counted under “other or not known”. One case
counts once, in the month in which it opened (or closed, or a refused service was first recorded in
it, whatever else was refused); a caller with several cases counts several times, and is protected
less.
""".split("\n\n")
)
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
}
_QUARTERS = {
    "en": "first second third fourth",
    "fr": "premier deuxième troisième quatrième",
    "es": "primer segundo tercer cuarto",
}
_WHEN = {
    "en": ("In {name} {year}", "In the {name} quarter of {year}", "In {year}"),
    "fr": ("En {name} {year}", "Au {name} trimestre de {year}", "En {year}"),
    "es": ("En {name} de {year}", "En el {name} trimestre de {year}", "En {year}"),
}
_DID = {
    ("en", "opened"): "people turned to us in",
    ("en", "closed"): "we closed",
    ("en", "denials"): "people told us that a service was refused to them in",
    ("fr", "opened"): "on s’est adressé à nous dans",
    ("fr", "closed"): "nous avons clos",
    ("fr", "denials"): "on nous a signalé un service refusé dans",
    ("es", "opened"): "acudieron a nosotros en",
    ("es", "closed"): "cerramos",
    ("es", "denials"): "nos contaron que se negó un servicio en",
}
_ABOUT = {
    "en": (
        "about {estimate} cases (95 % range {low}–{high})",
        "between {low} and {high} cases (95 % range)",
    ),
    "fr": (
        "environ {estimate} dossiers (intervalle à 95 % : {low}–{high})",
        "entre {low} et {high} dossiers (intervalle à 95 %)",
    ),
    "es": (
        "alrededor de {estimate} casos (intervalo del 95 %: {low}–{high})",
        "entre {low} y {high} casos (intervalo del 95 %)",
    ),
}
_NOISE = {
    "en": "; figures contain deliberate random noise to protect callers.",
    "fr": " ; les chiffres contiennent un bruit aléatoire voulu, qui protège les personnes.",
    "es": "; las cifras contienen ruido aleatorio deliberado para proteger a las personas.",
}
LANGUAGES = {"en": "English", "fr": "Français", "es": "Español"}


def label_code(code: str) -> str:
    """Return a category in words; a region of the organisation's list by its own name."""
    return LABELS.get(code) or code.replace("_", " ").capitalize()


def name_category(category: Sequence[str]) -> str:
    """Return a cell's name in words; all cases have none."""
    return " · ".join(map(label_code, category)) or "all"


def show_figure(cell: ReleaseCell) -> str:
    """Return a figure as it may be quoted: the range alone where it reaches to zero."""
    if cell.low95 == 0:
        return f"0–{cell.high95}"
    return f"{cell.estimate} ({cell.low95}–{cell.high95})"


def name_period(period: str, kind: str, language: str = "en") -> str:
    """Return a period as a sentence begins with it."""
    year, _, rest = period.partition("-")
    name = ""
    if kind == "month":
        name = _MONTHS[language].split()[int(rest) - 1]
    elif kind == "quarter":
        name = _QUARTERS[language].split()[int(rest[1]) - 1]
    place = ("month", "quarter", "year").index(kind)
    return _WHEN[language][place].format(name=name, year=year)


def write_grant_sentence(record: ReleaseRecord) -> dict[str, str]:
    """Return the sentence that can be quoted as it is, by language."""
    return {language: _sentence(record, language) for language in LANGUAGES}


def _sentence(record: ReleaseRecord, language: str) -> str:
    total = record.total
    about = _ABOUT[language][0 if total.low95 else 1].format(
        estimate=total.estimate, low=total.low95, high=total.high95
    )
    begin = name_period(record.period, record.kind, language)
    return f"{begin}, {_DID[language, record.family]} {about}{_NOISE[language]}"


def write_promise(record: ReleaseRecord) -> str:
    """Return what a release and its family cost a case, in words."""
    milli, cap = record.milli_epsilon, record.milli_epsilon_cap
    return (
        f"This release spends ε = {milli / 1000:g} of each case's privacy; all releases of this "
        f"kind together at most {cap / 1000:g}. At ε = 1, whoever thought it as likely as not that "
        "a case was counted may think so with at most 73 % after reading everything."
    )
