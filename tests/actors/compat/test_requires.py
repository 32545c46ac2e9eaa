from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from actors.compat.requires import INSTALL_LINES, require

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("module", sorted(INSTALL_LINES))
def test_a_missing_package_gives_the_line_that_installs_it(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # what the import system reads as "not there"
    with pytest.raises(ImportError, match=re.escape(INSTALL_LINES[module])):
        require(module)


def test_the_install_lines_pin_what_requirements_pin():
    pins = re.findall(r"^\S+==\S+$", (ROOT / "requirements/nodeps.txt").read_text(), flags=re.MULTILINE)
    named = re.findall(r"\S+==\S+", " ".join(INSTALL_LINES.values()))
    assert sorted(named) == sorted(pins)


def test_what_is_installed_passes():
    for module in INSTALL_LINES:
        require(module)
