"""No statistics over what the carrier sees tell phones with a case from others.

``make oracle`` is the large form: 2 000 whole dialogues of each kind (``KITH_ORACLE``), by the
clock on the wall. The small one counts the processor's time, so that it holds on a busy machine.
"""

from __future__ import annotations

import os
import sys
import time

from tests.inbound.told_apart import CONTROL, FRESH, KINDS, compare, measure
from tests.line import Line

EACH = int(os.environ.get("KITH_ORACLE", "0"))
# Of kinds that are equal one in a thousand suites would tell one apart by its delays.
ALPHA = 0.001


def test_phones_with_a_past_are_not_told_apart_from_fresh_ones(line: Line) -> None:
    kinds = KINDS if EACH else ("merged", "unsafe")
    timer = time.perf_counter if EACH else time.thread_time
    heard = measure(line, EACH or 10, kinds, timer=timer)
    assert {(one.texts, one.octets) for one in heard[FRESH]} == {
        (one.texts, one.octets) for kind in kinds for one in heard[kind]
    }
    found = list(compare(heard))
    for one in found:  # -s shows it
        sys.stdout.write(f"{one.kind:12} p of delays: {one.seconds:.3g}\n")
    told = {one.kind for one in found if one.is_told_apart(ALPHA / (3 * len(found)))}
    assert told == {CONTROL}
