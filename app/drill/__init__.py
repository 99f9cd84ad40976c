"""The seizure drill: take this installation's own disk, and see what it gives away.

The same pieces serve the operator (``kith drill``) and the tests, which add canaries and other
people's keys: ``keys_in`` finds keys, ``open_everything`` tries them, ``search`` looks for words
in raw bytes.
"""

from app.drill.checks import FAILURE, WARNING, Finding
from app.drill.holding import Report, Scene, hold, keys_on_disk
from app.drill.inventory import Column, inventory, strangers
from app.drill.keys import FoundKey, keys_in, keys_in_bytes, keys_in_environment
from app.drill.opening import Cell, Opened, Outcome, cells, open_everything
from app.drill.promise import Installation, Promise, promise
from app.drill.searching import Hit, blocks_of, files_below, forms, phone_numbers, search
from app.drill.telling import as_json, as_text

__all__ = [
    "FAILURE",
    "WARNING",
    "Cell",
    "Column",
    "Finding",
    "FoundKey",
    "Hit",
    "Installation",
    "Opened",
    "Outcome",
    "Promise",
    "Report",
    "Scene",
    "as_json",
    "as_text",
    "blocks_of",
    "cells",
    "files_below",
    "forms",
    "hold",
    "inventory",
    "keys_in",
    "keys_in_bytes",
    "keys_in_environment",
    "keys_on_disk",
    "open_everything",
    "phone_numbers",
    "promise",
    "search",
    "strangers",
]
