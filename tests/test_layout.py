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
    # What a trainer needs of pipelines: how arguments are read, the folder of a run, manifests, scenes to
    # draw, figures with their intervals, plots, and what a run says about itself.
    "trainers": (
        "trainers",
        "actors",
        "cluster",
        "pipelines.__main__",  # whose verbs `etiquette` has too
        "pipelines.command_line",
        "pipelines.engine.run_folder",
        "pipelines.manifest",
        "pipelines.metrics",
        "pipelines.plots",
        "pipelines.sources",
        "pipelines.terminal",
        "pipelines.versions",
    ),
}
MAX_LINES_PER_FILE = 300
MAX_LINES_PER_FUNCTION = {"trainers": 120}  # a training loop; 50 elsewhere
NAMES_THAT_SAY_NOTHING = {"utils.py", "common.py", "helpers.py"}
MAX_MODULES_PER_FOLDER = 15
# One module a line that no test file of the same name stands for, with its reason where it has logic.
UNMIRRORED = ROOT / "tests" / "unmirrored.txt"
MAX_LINES_UNMIRRORED = 60
# Of our own packages, what a folder may not import although the table above allows it.
APART = {
    "pipelines/reports": ("pipelines.exports", "pipelines.recipes"),
    "pipelines/exports": ("pipelines.reports", "pipelines.recipes"),
}

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


def module_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def import_graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Modules that each module imports, wherever the import stands; `sources` holds text by module name."""
    graph: dict[str, set[str]] = {}
    for module, source in sources.items():
        names = {name for _, name in imported_modules(source)}
        found = {name if name in sources else name.rpartition(".")[0] for name in names}
        graph[module] = {name for name in found if name in sources and name != module}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, directly or through others."""
    behind = {module: reachable(module, graph) for module in graph}
    groups = {
        frozenset(x for x in reach if m in behind[x]) | {m} for m, reach in behind.items() if m in reach
    }
    return sorted(sorted(group) for group in groups)


def reachable(module: str, graph: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = list(graph[module])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead += graph[name]
    return seen


def test_no_module_imports_itself_through_others():
    sources = {module_of(path): (ROOT / path).read_text() for path in SOURCES}
    assert circles(import_graph(sources)) == []


def test_a_circle_is_seen_inside_functions_and_type_checking():
    sources = {
        "a.one": "def late():\n    from a.two import x\n",
        "a.two": "if TYPE_CHECKING:\n    from a import three\n",
        "a.three": "import a.one\n",
        "a.four": "from a.one import y\n",
    }
    assert circles(import_graph(sources)) == [["a.one", "a.three", "a.two"]]


@pytest.mark.parametrize("folder", sorted({path.parent for path in SOURCES + TESTS}), ids=str)
def test_a_folder_can_be_read_on_one_screen(folder):
    modules = [
        path for path in (ROOT / folder).glob("*.py") if path.name not in ("__init__.py", "conftest.py")
    ]
    if folder != Path("tests/support"):
        assert len(modules) <= MAX_MODULES_PER_FOLDER


def mirror(path: Path) -> Path:
    return Path("tests") / path.with_name(f"test_{path.name}")


def has_logic(source: str) -> bool:
    """Whether anything in it decides or repeats: a table of values or a bare list of fields does not."""
    kinds = ast.If | ast.For | ast.While | ast.Try | ast.IfExp | ast.comprehension | ast.BoolOp | ast.Compare
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return any(isinstance(node, kinds) for function in functions for node in ast.walk(function))


def test_every_module_has_a_test_file_or_stands_on_the_list():
    missing = [
        str(path) for path in SOURCES if path.name != "__init__.py" and not (ROOT / mirror(path)).exists()
    ]
    assert missing == UNMIRRORED.read_text().split()


def test_no_long_module_with_logic_stands_on_the_list():
    texts = {name: (ROOT / name).read_text() for name in UNMIRRORED.read_text().split()}
    long = [name for name, text in texts.items() if len(text.splitlines()) > MAX_LINES_UNMIRRORED]
    assert [name for name in long if has_logic(texts[name])] == []


def test_reports_and_exports_stand_apart():
    wrong = [
        f"{path}:{line} imports {name}"
        for folder, others in APART.items()
        for path in SOURCES
        if path.is_relative_to(folder)
        for line, name in imported_modules((ROOT / path).read_text())
        if any(name == other or name.startswith(other + ".") for other in others)
    ]
    assert wrong == []


def test_tests_and_docs_are_no_packages():
    """LAVIS's wheel installs top-level packages of these names."""
    for folder in ("tests", "docs"):
        assert list((ROOT / folder).rglob("__init__.py")) == []
