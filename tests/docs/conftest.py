from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.demo import served_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The host and port of a demo, as after `make run`."""
    with served_demo(tmp_path_factory.mktemp("demo")) as place:
        yield place
