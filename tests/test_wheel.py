from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from actors.compat.check import INSTALL_LINES

ROOT = Path(__file__).parents[1]
PACKAGES = ("actors", "cluster", "pipelines", "trainers")
SHIPPED = {".py", ".yaml", ".json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy under a path with a space, so that no build product is left in or picked up from
    the checkout."""
    source = tmp_path_factory.mktemp("a copy") / "etiquette"
    ignored = shutil.ignore_patterns("__pycache__", ".*", "build", "dist", "runs", "*.egg-info")
    shutil.copytree(ROOT, source, ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "-w", str(source.parent / "dist"), str(source)]
    subprocess.run(command, check=True)
    [built] = (source.parent / "dist").glob("etiquette-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_our_four_packages_with_their_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*"))
    assert names == {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.suffix in SHIPPED and "__pycache__" not in path.parts
    }
    assert any(name.endswith(".yaml") for name in names)


def requirements(file: str) -> list[Requirement]:
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def test_the_wheel_asks_for_the_ranges_and_pins_nothing(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        asked = re.findall(r"^Requires-Dist: (.*)$", archive.read(name).decode(), flags=re.MULTILINE)
    ranges = requirements("base.txt")
    assert set(ranges) <= {Requirement(line) for line in asked}
    assert [str(one) for one in ranges if any(part.operator == "==" for part in one.specifier)] == []


def test_every_range_holds_the_version_that_the_environment_pins():
    pins = {canonicalize_name(one.name): one.specifier for one in requirements("constraints.txt")}
    for one in requirements("base.txt"):
        [pin] = pins[canonicalize_name(one.name)]
        assert pin.operator == "==" and one.specifier.contains(pin.version), one


@pytest.mark.parametrize(("module", "part"), [("open_flamingo", "flamingo"), ("lavis", "lavis")])
def test_a_part_whose_package_is_missing_prints_its_install_line(installed, module, part):
    code = f"import sys; sys.modules[{module!r}] = None; from actors.compat import {part}; {part}.install()"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=installed)
    assert str(installed) in result.stderr  # the wheel's code ran, not the checkout's
    assert INSTALL_LINES[module] in result.stderr.splitlines()[-1]
