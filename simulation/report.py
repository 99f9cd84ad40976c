"""What the month shows: figures, charts, and whether the software missed what people could do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from pathlib import Path

from app.paging import REPLY_TARGETS
from simulation.month import Contact, Seen, Sought

# So long after a case of tier 0 or 1 began to wait, or a request was made, somebody must have
# been told, unless the carrier was down: the step of the simulation's clock and a little more.
_TOLD_WITHIN = timedelta(minutes=6)
# What a segment costs about, the networks' fee included, to a phone in Canada or the United
# States from a long code, in dollars; from the carrier's price list.
_PRICE = 0.0083
_TIERS = ("0 now", "1 today", "2 this week", "3 information")
_WIDTH, _HEIGHT, _LEFT, _BAR = 640, 30, 150, 18


def to_human(contacts: Sequence[Contact], tier: int) -> list[float]:
    """Return the minutes until a human answered, sorted, for one tier."""
    return sorted(
        (contact.human_at - contact.at).total_seconds() / 60
        for contact in contacts
        if contact.tier == tier and contact.human_at
    )


def gini(values: Sequence[float]) -> float:
    """Return how unequal a load is: 0 for all the same, towards 1 for one doing it all."""
    ordered, total = sorted(values), sum(values)
    if not total:
        return 0.0
    count = len(ordered)
    weighted = sum(rank * value for rank, value in enumerate(ordered, 1))
    return (2 * weighted) / (count * total) - (count + 1) / count


def misses(seen: Seen) -> list[str]:
    """Return what the software did not do although people could have: each a sentence.

    A target missed because everybody was busy or asleep is the month's; one that was missed
    because nobody was told is ours.
    """
    found = list(seen.lost)
    for contact in seen.contacts:
        if not contact.accepted and not contact.in_outage:
            found.append(f"caller {contact.serial}: the webhook was not answered 200")
        if contact.human_at is None:
            found.append(f"caller {contact.serial}: nobody ever answered")
        elif _not_told(contact):
            found.append(f"caller {contact.serial}, tier {contact.tier}: nobody was paged in time")
    for sought in seen.sought:
        if sought.first_offer_at is None and sought.state not in {"cancelled", "gone"}:
            found.append(f"request for {sought.kind}: nobody was ever asked")
        elif sought.first_offer_at and sought.first_offer_at - sought.at > _TOLD_WITHIN:
            found.append(f"request for {sought.kind}: nobody was asked for {_TOLD_WITHIN}")
        if sought.state in {"open", "offered"} and sought.tier <= 1:
            found.append(f"request for {sought.kind}, tier {sought.tier}: still without an end")
    return found


def _not_told(contact: Contact) -> bool:
    """Return whether an urgent caller waited longer than the target with nobody paged for them."""
    if contact.tier is None or contact.tier > 1 or contact.in_outage or not contact.human_at:
        return False
    waited = contact.human_at - contact.at
    told = (contact.paged_at or contact.human_at) - contact.at
    return waited > REPLY_TARGETS[contact.tier] and told > max(
        REPLY_TARGETS[contact.tier], _TOLD_WITHIN
    )


def text(seen: Seen) -> str:
    """Return the figures as they are printed."""
    lines = [
        f"{len(seen.contacts)} callers, {seen.metrics.get('cases', 0)} cases",
        "",
        "time to a human, minutes        n   median     90 %    worst   in target",
        *(_waits(seen, tier, name) for tier, name in enumerate(_TIERS)),
        "",
        "requests                        n   filled   median minutes until somebody took it",
        *(_filled(seen, kind) for kind in sorted({one.kind for one in seen.sought})),
        "",
    ]
    loads = sorted(seen.volunteers.items())
    unequal = gini([taken for _, taken in loads])
    told = seen.texts
    lines += [
        f"assignments by volunteer: {dict(loads)}; Gini {unequal:.2f}",
        f"texts to members: {told['pages']} pages, {told['offers']} offers",
        f"replies of the desk: {told['replies']}",
        f"  after more than half an hour, with a recorded reason: {told['too_late']}",
        f"  callers whom the desk was not to text: {told['not_written']}",
        f"texts that reached a phone: {told['received']} in {told['segments']} segments",
        f"what they cost: about {told['segments'] * _PRICE:.2f} at {_PRICE} a segment",
        f"sign-ins: {seen.metrics.get('sign_ins', 0)}",
    ]
    return "\n".join(lines)


def _waits(seen: Seen, tier: int, name: str) -> str:
    minutes = to_human(seen.contacts, tier)
    if not minutes:
        return f"  {name:22} {0:8}"
    target = REPLY_TARGETS[tier].total_seconds() / 60
    kept = sum(value <= target for value in minutes) / len(minutes)
    shown = (_part(minutes, 0.5), _part(minutes, 0.9), minutes[-1])
    return f"  {name:22} {len(minutes):8}" + _columns(shown) + f" {kept:10.0%}"


def _columns(values: Sequence[float]) -> str:
    return "".join(f" {value:8.1f}" for value in values)


def _filled(seen: Seen, kind: str) -> str:
    asked = [one for one in seen.sought if one.kind == kind]
    took = sorted(_minutes(one) for one in asked if one.state in {"assigned", "done"})
    middle = f"{_part(took, 0.5):10.1f}" if took else "         -"
    return f"  {kind:22} {len(asked):8} {len(took) / len(asked):8.0%} {middle}"


def _minutes(sought: Sought) -> float:
    return ((sought.ended_at or sought.at) - sought.at).total_seconds() / 60


def _part(ordered: Sequence[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def write_charts(seen: Seen, folder: Path) -> list[Path]:
    """Write the charts as SVG; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    waits = [
        (name, _part(minutes, 0.9))
        for tier, name in enumerate(_TIERS)
        if (minutes := to_human(seen.contacts, tier))
    ]
    loads = sorted(seen.volunteers.items(), key=lambda one: -one[1])
    charts = {
        "time-to-human.svg": _bars("Nine of ten callers had a human within so many minutes", waits),
        "assignments.svg": _bars("Requests taken, by volunteer", loads),
    }
    for name, drawn in charts.items():
        (folder / name).write_text(drawn, encoding="utf-8")
    return [folder / name for name in charts]


def _bars(title: str, rows: Sequence[tuple[str, float]]) -> str:
    """Return a bar chart; each bar carries its number, so that colour and length are no news."""
    most = max((value for _, value in rows), default=0) or 1
    height = _HEIGHT * (len(rows) + 1)
    size = f'width="{_WIDTH}" height="{height}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" {size}>',
        f"<title>{escape(title)}</title>",
        f'<text x="4" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for row, (name, value) in enumerate(rows, 1):
        top = row * _HEIGHT
        width = (_WIDTH - _LEFT - 70) * value / most
        parts += [
            f'<text x="4" y="{top + 14}">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="#2b6777"/>',
            f'<text x="{_LEFT + width + 6:.1f}" y="{top + 14}">{value:.1f}</text>',
        ]
    return "\n".join([*parts, "</svg>", ""])
