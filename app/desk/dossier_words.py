"""What stands in a dossier for the city's office, in the languages that the office reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.models import DenialDetails
from app.organisation import DENIAL_FIELDS, DENIAL_SECTORS, DENIED_SERVICES
from app.reports import Dossier

_TITLE = {
    "en": "Complaint about a refused service: {reference}",
    "fr": "Plainte au sujet d’un service refusé : {reference}",
}
_OPENING = {
    "en": (
        "To the city’s office for access to services without fear. Written on {day} by {name}.",
        "The person concerned told us what follows, and agreed that you read it.",
        "Please answer to us, and name the reference above.",
    ),
    "fr": (
        "Au bureau de la ville pour l’accès aux services sans peur. Rédigé le {day} par {name}.",
        "La personne concernée nous a raconté ce qui suit et accepte que vous le lisiez.",
        "Veuillez nous répondre en rappelant la référence ci-dessus.",
    ),
}
_CLOSING = {
    "en": (
        "The person shares no more than this. Do not try to find out who they are.",
        "Give nothing of this to immigration authorities.",
    ),
    "fr": (
        "La personne ne communique rien de plus. Ne cherchez pas à l’identifier.",
        "Ne transmettez rien de ceci aux autorités de l’immigration.",
    ),
}
_LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "sector": "Sector",
        "service": "What was refused",
        "provider": "Who refused it",
        "happened_on": "When",
        "place": "Where",
        "asked_status": "Did they ask for papers or immigration status?",
        "threatened": "Did they threaten to report the person?",
        "account": "What happened",
        "wanted": "What the person asks for",
        "caller_name": "Name",
    },
    "fr": {
        "sector": "Secteur",
        "service": "Ce qui a été refusé",
        "provider": "Qui l’a refusé",
        "happened_on": "Quand",
        "place": "Où",
        "asked_status": "A-t-on demandé les papiers ou le statut d’immigration ?",
        "threatened": "A-t-on menacé de dénoncer la personne ?",
        "account": "Ce qui s’est passé",
        "wanted": "Ce que la personne demande",
        "caller_name": "Nom",
    },
}
_SECTORS: Mapping[str, Mapping[str, str]] = {
    "en": DENIAL_SECTORS,
    "fr": {
        "health": "santé",
        "school": "école ou garderie",
        "shelter": "refuge",
        "police": "police",
        "city_desk": "comptoir de la ville",
        "housing": "logement",
        "food": "banque alimentaire ou repas",
        "other": "ailleurs",
    },
}
_SERVICES: Mapping[str, Mapping[str, str]] = {
    "en": DENIED_SERVICES,
    "fr": {
        "emergency": "de l’aide en urgence",
        "admission": "l’accès, une place ou un lit",
        "appointment": "un rendez-vous ou un traitement",
        "paper": "une carte, un document ou un permis",
        "statement": "la prise d’une déposition ou d’une plainte",
        "aid": "de la nourriture, de l’argent ou des biens",
        "information": "des renseignements ou un interprète",
        "other": "autre chose",
    },
}
_YES_NO = {"en": ("no", "yes"), "fr": ("non", "oui")}


def write_dossier(told: DenialDetails, organisation: str) -> Dossier:
    """Return the paper that holds what the caller shares, and nothing else. It was drafted."""
    if told.drafted_on is None:
        raise ValueError("it was not drafted")
    language = told.language
    said = {"day": told.drafted_on.isoformat(), "name": organisation, "reference": told.reference}
    return Dossier(
        title=_TITLE[language].format(**said),
        language=language,
        drafted_on=told.drafted_on,
        opening=[one.format(**said) for one in _OPENING[language]],
        fields=list_shared_fields(told),
        closing=_CLOSING[language],
    )


def list_shared_fields(told: DenialDetails) -> Sequence[tuple[str, str]]:
    """Return what the caller shares, each field under its label; what is not known is left out."""
    labels = _LABELS[told.language]
    shared = ((name, _write_value(told, name)) for name in DENIAL_FIELDS if name in told.shared)
    return [(labels[name], text) for name, text in shared if text]


def _write_value(told: DenialDetails, name: str) -> str:
    value = getattr(told, name)
    if isinstance(value, bool):
        return _YES_NO[told.language][value]
    if name == "sector":
        return _SECTORS[told.language][told.sector]
    if name == "service":
        return _SERVICES[told.language][told.service]
    return "" if value is None else str(value).strip()
