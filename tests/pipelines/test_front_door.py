"""`from pipelines import ...` gives all that a notebook needs, and loads nothing before it is named."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pipelines

ROOT = Path(__file__).parents[2]


def test_types_and_names_come_from_the_same_modules():
    tree = ast.parse((ROOT / "pipelines/__init__.py").read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    typed = {node.module: tuple(alias.name for alias in node.names) for node in block.body}
    assert typed == pipelines.MODULES


@pytest.mark.parametrize("name", [name for names in pipelines.MODULES.values() for name in names])
def test_every_name_can_be_had(name):
    assert getattr(pipelines, name).__name__ == name
    assert name in dir(pipelines)


def test_a_name_that_is_not_there_is_an_ordinary_mistake():
    with pytest.raises(ImportError):
        exec("from pipelines import anotate")


def test_the_door_alone_loads_nothing():
    code = "import sys, pipelines; assert not {'pyarrow', 'tyro', 'ray', 'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_module_of_ours_goes_through_the_door():
    names = "|".join(name for names in pipelines.MODULES.values() for name in names)
    door = re.compile(rf"from pipelines import .*\b({names})\b")
    for package in ("actors", "cluster", "pipelines", "trainers"):
        for file in (ROOT / package).rglob("*.py"):
            assert "pipelines/__init__" in str(file) or not door.search(file.read_text()), file
