"""A release as files: sentences, lines, charts, pages. A record goes in, bytes come out."""

from app.reports.dossiers import Dossier, print_dossier
from app.reports.lines import MAKERS
from app.reports.records import ReleaseCell, ReleaseRecord, ReleaseTable, load_record, write_record
from app.reports.sentences import (
    FAMILY_NAMES,
    HOW_TO_READ,
    TITLES,
    name_category,
    show_figure,
    write_grant_sentence,
    write_promise,
)

__all__ = [
    "FAMILY_NAMES",
    "HOW_TO_READ",
    "MAKERS",
    "TITLES",
    "Dossier",
    "ReleaseCell",
    "ReleaseRecord",
    "ReleaseTable",
    "load_record",
    "name_category",
    "print_dossier",
    "show_figure",
    "write_grant_sentence",
    "write_promise",
    "write_record",
]
