"""The rules of the tree that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("actors", "cluster", "pipelines", "trainers")
ALLOWED = {
    "actors": ("actors",),
    "cluster": ("cluster",),
    "pipelines": ("pipelines", "actors", "cluster"),
    # What a trainer needs of pipelines: manifests, scenes to draw, figures with their intervals, and what a
    # run says about itself.
    "trainers": (
        "trainers",
        "actors",
        "cluster",
        "pipelines.manifest",
        "pipelines.metrics",
        "pipelines.sources",
        "pipelines.terminal",
        "pipelines.versions",
    ),
}
MAX_LINES_PER_FILE = 300
MAX_LINES_PER_FUNCTION = {"trainers": 120}  # a training loop; 50 elsewhere
NAMES_THAT_SAY_NOTHING = {"utils.py", "common.py", "helpers.py"}

SOURCES = sorted(path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted(
    path.relative_to(ROOT) for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)


def imported_modules(source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything of ours that is imported, at the top or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def forbidden_imports(path: Path, source: str) -> list[str]:
    allowed = ALLOWED[path.parts[0]]
    return [
        f"{path}:{line} imports {name}"
        for line, name in imported_modules(source)
        if name.split(".")[0] in PACKAGES
        and name != "actors"  # alone it only installs the import hooks
        and not any(name == root or name.startswith(root + ".") for root in allowed)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_imports_point_one_way(path):
    assert forbidden_imports(path, (ROOT / path).read_text()) == []


def test_a_forbidden_arrow_is_seen_wherever_it_stands():
    source = (
        "def late():\n    from pipelines.manifest import Manifest\nimport pipelines.lineage, actors.models.x"
    )
    assert len(forbidden_imports(Path("actors/x.py"), source)) == 2
    assert forbidden_imports(Path("trainers/x.py"), source) == ["trainers/x.py:3 imports pipelines.lineage"]
    assert forbidden_imports(Path("pipelines/x.py"), source) == []


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=str)
def test_files_and_functions_stay_short(path):
    source = (ROOT / path).read_text()
    limit = MAX_LINES_PER_FUNCTION.get(path.parts[0], 50)
    too_long = [
        f"{path}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > limit
    ]
    assert too_long == []
    assert len(source.splitlines()) <= MAX_LINES_PER_FILE
    assert path.name not in NAMES_THAT_SAY_NOTHING


def test_tests_and_docs_are_no_packages():
    """LAVIS's wheel installs top-level packages of these names."""
    for folder in ("tests", "docs"):
        assert list((ROOT / folder).rglob("__init__.py")) == []
