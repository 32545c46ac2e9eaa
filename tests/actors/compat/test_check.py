from __future__ import annotations

from actors.compat import check


def test_this_environment_has_no_broken_requirement():
    assert check.broken_requirements() == []
