"""A change fits the version that was read, and no other."""

from __future__ import annotations

import pytest

from app.errors import StaleVersion
from app.store.versions import AnyVersion, OneOfVersions, ReadVersion, check_version


@pytest.mark.parametrize("read", [3, AnyVersion(), OneOfVersions(frozenset({2, 3}))])
def test_what_was_read_may_be_changed(read: ReadVersion) -> None:
    check_version(3, read)


@pytest.mark.parametrize("read", [2, OneOfVersions(frozenset({2})), OneOfVersions(frozenset())])
def test_what_has_changed_since_is_refused_with_the_version_that_stands(read: ReadVersion) -> None:
    with pytest.raises(StaleVersion) as refused:
        check_version(3, read)
    assert refused.value.version == 3
