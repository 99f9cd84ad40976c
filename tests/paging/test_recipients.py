"""Whom a page goes to, step by step."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.paging.recipients import DeskOnDuty, choose_recipients

HERON, PLOVER, WREN, CRANE = (UUID(int=n, version=4) for n in range(1, 5))
DESK, COORDINATORS = (HERON, PLOVER, WREN), (WREN, CRANE)


@pytest.mark.parametrize(
    ("on_duty", "steps"),
    [
        # From step to step: on duty, then the fallback, then coordinators, then all.
        (
            DeskOnDuty((HERON,), (PLOVER,)),
            [{HERON}, {HERON, PLOVER}, {HERON, PLOVER, WREN, CRANE}],
        ),
        # Where nobody is on duty the next group is paged at once.
        (DeskOnDuty((), (PLOVER,)), [{PLOVER}, {PLOVER}, {PLOVER, WREN, CRANE}]),
        (DeskOnDuty(), [{WREN, CRANE}, {WREN, CRANE}, {WREN, CRANE}, {HERON, PLOVER, WREN, CRANE}]),
        # Without a rota the whole desk is on duty.
        (DeskOnDuty(planned=False), [{HERON, PLOVER, WREN}]),
    ],
)
def test_pages_climb_from_group_to_group(on_duty: DeskOnDuty, steps: list[set[UUID]]) -> None:
    paged = [choose_recipients(on_duty, DESK, COORDINATORS, step) for step in range(len(steps))]
    assert paged == steps
