"""What docs/EXTENDING.md shows, applied as it stands to a copy of the tree, and then used."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/EXTENDING.md").read_text()
PACKAGES = ("actors", "cluster", "pipelines", "trainers")
BLOCK = re.compile(r"```python\n# (\S+)\n(.*?)```", re.DOTALL)
LINE = re.compile(r"The line, (?:first )?in `(\w+)` of `(\S+)`(?:, with `(.+?)`)?: `(.+?)`\n")
MOST_LINES = 15


def add_line(tree: Path, table: str, file: str, imported: str | None, line: str) -> None:
    """`line` as the first entry of the table, and what it needs as the first import of ours."""
    path = tree / file
    text, entries = re.subn(
        rf"^({table}\b.*[({{])$", rf"\g<1>\n    {line}", path.read_text(), flags=re.MULTILINE
    )
    assert entries == 1, f"{file} has no table {table}"
    if imported:
        text = re.sub(
            r"^(from (?:actors|pipelines)\b)", rf"{imported}\n\g<1>", text, count=1, flags=re.MULTILINE
        )
    path.write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages with every example of the page added."""
    tree = tmp_path_factory.mktemp("extended")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file, code in BLOCK.findall(PAGE):
        (tree / file).write_text(code)
    for table, file, imported, line in LINE.findall(PAGE):
        add_line(tree, table, file, imported, line)
    rows = [
        {"instruction": "Say it.", "response": text} for text in ("So be it.", "No!!!! Never!!!!", "Yes!")
    ]
    (tree / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tree / "poems.txt").write_text("old pond\nfrog jumps in\nsound of water\n" * 20)
    return tree


def run(tree: Path, *command: str) -> str:
    """What `python command` prints in the folder."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": ""}
    done = subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_there_is_one_example_of_each_and_none_is_long() -> None:
    blocks = BLOCK.findall(PAGE)
    assert [file.split("/")[0] for file, _ in blocks] == [
        "my_script.py", "actors", "pipelines", "actors", "trainers", "pipelines",
    ]  # fmt: skip
    assert len(LINE.findall(PAGE)) == len(blocks) - 1
    for file, code in blocks:
        assert sum(bool(line.strip()) for line in code.splitlines()) <= MOST_LINES, file


def test_a_script_uses_a_filter_and_reports_its_run(tree: Path) -> None:
    printed = run(tree, "my_script.py")
    assert "{'in': 3, 'kept': 2, 'dropped': 1, 'failed': 0}" in printed
    assert "'shouting': 1" in printed
    run(tree, "-m", "pipelines", "report", "runs/mine", "--out", "mine.html")
    assert "too many exclamation marks" in (tree / "mine.html").read_text()


def test_a_filter_has_its_flag_and_takes_part_in_every_filtering(tree: Path) -> None:
    assert "--max-marks" in run(tree, "-m", "pipelines", "filter", "--help")
    code = (
        "from pipelines.recipes.filter.settings import Scoring, standard_limits\n"
        "from pipelines.recipes.filter.stages import Filtering, decisions\n"
        "from pipelines.reasons import reason_words\n"
        "limits = standard_limits().changed({'max_marks': 9})\n"
        "parts = {type(one).__name__: one for one in decisions(Filtering(Scoring(), limits))}\n"
        "print(parts['QuietFilter'].max_marks, reason_words('shouting'))"
    )
    assert "9 too many exclamation marks" in run(tree, "-c", code)


def test_a_source_is_listed_and_read_with_its_own_flag(tree: Path) -> None:
    assert "poems, one in each line" in run(tree, "-m", "pipelines", "list")
    run(tree, "-m", "pipelines", "ingest", "poems", "--data", "poems.txt", "--out", "runs/poems")
    manifest = json.loads((tree / "runs/poems/manifest.json").read_text())
    assert manifest["rows"] == {"in": 60, "kept": 60, "dropped": 0, "failed": 0}
    assert "text file with a poem in each line" in run(tree, "-m", "pipelines", "ingest", "poems", "--help")


def test_a_model_family_labels(tree: Path) -> None:
    code = (
        "from actors.models.catalog.annotators import find_annotator\n"
        "from actors.models.catalog.engines import load_generator\n"
        "from actors.models.text_generator import GenerationParams, Prompt\n"
        "model = find_annotator('birds/parrot')\n"
        "answers = load_generator(model).generate([Prompt('1', 'pieces of eight')], GenerationParams())\n"
        "print(model.family, answers[0].text)"
    )
    assert "parrot eight" in run(tree, "-c", code)


def test_a_trainer_is_a_verb_that_trains_and_goes_on(tree: Path) -> None:
    assert "Learns which byte follows which." in run(tree, "-m", "trainers", "--help")
    command = ("-m", "trainers", "follower", "--data", "poems.txt", "--out", "runs/follower")
    run(tree, *command)
    steps = [json.loads(line) for line in (tree / "runs/follower/metrics.jsonl").read_text().splitlines()]
    assert sum(step["rows"] for step in steps) == 160  # words
    assert (tree / "runs/follower/trained.safetensors").is_file()
    run(tree, *command)  # finished already


def test_a_page_is_written_for_the_runs_of_its_pipeline(tree: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from actors.filters.quiet import QuietFilter\n"
        "from pipelines import Pipeline, open_source, run_pipeline\n"
        "source = open_source('poems', data=Path('poems.txt'))\n"
        "run_pipeline(Pipeline('poems', source, [QuietFilter()], Path('runs/written')))"
    )
    run(tree, "-c", code)
    run(tree, "-m", "pipelines", "report", "runs/written", "--out", "poems.html")
    assert "60 poems" in (tree / "poems.html").read_text()
