"""What a caller agreed to: the newest word on each scope counts, and only here is it read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from app.cases.tree import find_tree_ids
from app.errors import ConsentMissing
from app.models import Case, CaseValues, Consent, ConsentValues, Reach
from app.store import Db

# What somebody beyond the desk is told needs this scope. An interpreter is told nothing at first:
# the desk asks for one without a consent, and needs it for the texts that they are to read.
SCOPE_OF_KIND: Mapping[str, str] = {"accompaniment": "accompanier", "legal": "legal"}
INTERPRETER_SCOPE = "interpreter"


@dataclass(frozen=True)
class NewestWord:
    """The newest thing that was recorded about one scope."""

    values: ConsentValues
    overridden: bool

    @property
    def allows(self) -> bool:
        """Whether it is a yes, or a no that the desk overrode with a reason."""
        return self.values.granted or self.overridden


def find_newest_words(db: Db, case_ids: Collection[UUID], scope: str) -> dict[UUID, NewestWord]:
    """Return the newest word on a scope in each of these cases that has one."""
    rows = db.scalars(
        select(Consent).where(Consent.case_id.in_(case_ids)).order_by(Consent.position)
    ).all()
    db.require_whole(Consent.__tablename__)
    newest: dict[UUID, NewestWord] = {}
    for row in rows:
        values = db.keys.read_values(row)
        before = newest.get(row.case_id)
        if values.scope == scope and (before is None or values.at >= before.values.at):
            newest[row.case_id] = NewestWord(values, row.override_reason is not None)
    return newest


def find_newest_word(db: Db, case_ids: Collection[UUID], scope: str) -> NewestWord | None:
    """Return the newest word on a scope in any of these cases, None where there is none."""
    words = find_newest_words(db, case_ids, scope).values()
    return max(words, key=lambda word: word.values.at, default=None)


def find_words_of_trees(db: Db, main_ids: Collection[UUID], scope: str) -> dict[UUID, NewestWord]:
    """Return the newest word on a scope in each tree of these main cases that has one."""
    parts = select(Case).where(or_(Case.id.in_(main_ids), Case.merged_into.in_(main_ids)))
    main_of = {case.id: case.merged_into or case.id for case in db.scalars(parts)}
    newest: dict[UUID, NewestWord] = {}
    for case_id, word in find_newest_words(db, main_of, scope).items():
        known = newest.get(main_of[case_id])
        if known is None or word.values.at >= known.values.at:
            newest[main_of[case_id]] = word
    return newest


def find_contact_terms(db: Db, case_id: UUID, values: CaseValues) -> Reach | None:
    """Return how the caller may be reached: as last recorded, else as they told the script.

    What was recorded in a case that is merged with this one concerns another phone.
    """
    return find_terms_of_cases(db, {case_id: values})[case_id]


def find_terms_of_cases(db: Db, cases: Mapping[UUID, CaseValues]) -> dict[UUID, Reach | None]:
    """Return the same for each of these cases."""
    words = find_newest_words(db, cases.keys(), "contact")
    return {
        case_id: _take_terms(words[case_id].values) if case_id in words else values.reach
        for case_id, values in cases.items()
    }


def _take_terms(said: ConsentValues) -> Reach:
    return Reach(granted=said.granted, methods=said.methods, hours=said.hours)


def check_consent(db: Db, case: Case, kind: str) -> None:
    """Raise ConsentMissing unless the caller agreed to this kind, or an override is recorded."""
    scope = SCOPE_OF_KIND.get(kind)
    if scope is not None and not has_agreed(db, case.id, scope):
        raise ConsentMissing


def has_agreed(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope, in the whole tree of a case, allows it."""
    word = find_newest_word(db, find_tree_ids(db, case_id), scope)
    return word is not None and word.allows


def has_said_yes(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word, in the whole tree of a case, is the caller's own yes.

    What the desk overrode does not count.
    """
    word = find_newest_word(db, find_tree_ids(db, case_id), scope)
    return word is not None and word.values.granted


def has_refused(db: Db, case_id: UUID, scope: str) -> bool:
    """Return whether the newest word on a scope, in the whole tree of a case, is no."""
    word = find_newest_word(db, find_tree_ids(db, case_id), scope)
    return word is not None and not word.allows
