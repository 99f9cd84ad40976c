"""The demo as `make run` makes it, in this process and on a free port."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import main
from app.cli import demo
from app.clock import Clock
from tests.service import _running

# Where the documents say that it is.
DOCUMENTED = "127.0.0.1:8000"


@contextmanager
def served_demo(folder: Path) -> Iterator[str]:
    """Make a demo in ``folder`` and serve it; yield the ``host:port`` to put for ``DOCUMENTED``."""
    with socket.socket() as listening, pytest.MonkeyPatch.context() as patch:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        patch.setenv("KITH_DATA_DIR", str(folder))
        patch.setenv("KITH_PORT", str(port))
        settings = demo.make_demo_settings(os.environ)
        demo.ensure_demo(settings, lambda _: None)
        with _running(main.create_app(settings, clock=Clock()), listening):
            yield f"127.0.0.1:{port}"
