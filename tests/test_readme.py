"""What the README prints runs, in a fresh folder, with relative paths and small sizes.

The commands are read out of README.md. Models are tiny, so outputs mean nothing; what is tested is that every
step takes what the step before it wrote.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from distorted_run import polite_rows, write_run
from miniature_home import write_home

from pipelines.__main__ import PROGRAM as PIPELINES
from pipelines.command_line.config_file import expand_config
from pipelines.command_line.flags import read_flags
from trainers.__main__ import PROGRAM as TRAINERS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(python -m|etiquette|make|pip install) ")
RAY = """
import sys
from cluster.capacity import Pool
from cluster.connect import connected
with connected([Pool("commands", 16, 1.0, 0.0)]) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Rule:
    """How a command of the README runs here: with `more` behind it, with other words for those in `instead`,
    and once more for each of `also`, which are such words too. With a `reason` it does not run."""

    more: str = ""
    instead: dict[str, str] = field(default_factory=dict)
    also: tuple[dict[str, str], ...] = ()
    reason: str = ""


DEMO = "--text-rows 3 --emojis 1 --sizes.train 48 --sizes.llm 2 --sizes.held-out 8 --sizes.terse 4"
STUDY = "--train-rows 24 --dev-rows 12 --test-rows 24 --seeds 1 --training epochs=1"
PAPER = "its data set has to be asked for, and its models need a GPU"
DEV, TEST = ({"train": name, "runs/emoji/train": f"runs/emoji/{name}"} for name in ("dev", "test"))
PIPE, TRAIN = "python -m pipelines", "python -m trainers"
RULES = {
    "make quick": Rule("--rows 4"),
    "make demo": Rule(f"{DEMO} --sizes.questions 4 --sizes.faults 8"),
    "make labels": Rule("--study.train 12 --study.dev 4 --study.test 12 --study.seeds 1"),
    "make test": Rule(reason="this is it"),
    f"{PIPE} annotate --task my_task.yaml --data rows.csv --out runs/mine --fields.text body "
    "--fields.label truth": Rule(),
    f"{PIPE} inspect runs/mine": Rule(),
    f"{PIPE} report runs/mine --out report.html": Rule(),
    "pip install -c requirements/constraints.txt .[vllm]": Rule(reason="`make test-vllm` installs vLLM"),
    f"{PIPE} list": Rule(),
    f"{TRAIN} pocket": Rule(),
    f"{PIPE} distort scenes --sample 4000 --out runs/distorted": Rule(
        "--sample 24 --mix.llm-images 2 --mix.llm-text 0 --mix.random 20 --mix.boxes 2"
    ),
    f"{TRAIN} rewriter runs/distorted --out runs/rewriter": Rule("--epochs 1 --batch-size 8 --cpus 1"),
    f"{PIPE} rewrite rows.jsonl --rewriter runs/rewriter/model --out runs/rewritten": Rule(
        "--max-new-tokens 8"
    ),
    f"{PIPE} filter runs/rewritten --out runs/filtered": Rule(),
    f"{PIPE} filter runs/filtered --from-scores --min-clip-score 18 --out runs/stricter": Rule(),
    f"{PIPE} report runs/filtered --out report.html": Rule(),
    f"{PIPE} export runs/filtered --format pf1m --out pf1m": Rule(
        instead={"runs/filtered": "runs/polite"}  # of a rewriter of three steps the filters keep nothing
    ),
    f"{PIPE} ingest emoji --split train --sample 150 --out runs/emoji/train": Rule(
        "--sample 12", also=(DEV, TEST)
    ),
    f"{TRAIN} mmbt runs/emoji/train --dev runs/emoji/dev --test runs/emoji/test --out runs/mmbt": Rule(
        "--max-steps 2"
    ),
    f"{PIPE} classify emoji --split test --model runs/mmbt/model --out runs/classified": Rule("--sample 4"),
    f"{PIPE} label-study emoji_group --languages en fr de es --out runs/study": Rule(STUDY),
    f"{PIPE} label-study hateful_memes --models paper --data hateful_memes/ --out runs/study-hm": Rule(
        reason=PAPER
    ),
    f"{PIPE} label-study mm_imdb --models paper --data mmimdb/ --out runs/study-imdb": Rule(reason=PAPER),
    f"{PIPE} label-study mm_imdb_genres --models paper --data mmimdb/ --out runs/study-genres": Rule(
        reason=PAPER
    ),
}


def commands(readme: str) -> list[str]:
    """The commands of the README in its order, each once, without comments: lines of its blocks, and what
    stands between backticks."""
    blocks = [body for language, body in FENCE.findall(readme) if language in ("", "bash", "sh")]
    lines = [line.partition("#")[0].strip() for body in blocks for line in body.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", FENCE.sub("", readme))
    written = [text for text in [*lines, *inline] if COMMAND.match(text)]
    return sorted(set(written), key=readme.index)


def words_of(command: str) -> list[str]:
    """The words behind `python`, of a make target those of its recipe."""
    if command.startswith("make "):
        recipe = re.search(
            rf"^{command.removeprefix('make ')}:.*\n\t@\$\(PY\) (.*)", (ROOT / "Makefile").read_text(), re.M
        )
        assert recipe, f"the Makefile has no `{command}` that is one command"
        return shlex.split(recipe[1])
    if command.startswith("etiquette "):
        return ["-P", "-m", "trainers.etiquette", *shlex.split(command)[1:]]
    return shlex.split(command)[1:]


RUN = [command for command in commands(README) if command in RULES and not RULES[command].reason]


def test_every_command_has_a_rule_and_every_rule_a_command():
    assert commands(README) == sorted(RULES, key=README.index)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, tiny_llama: Path) -> Iterator[dict[str, str]]:
    """A home of tiny models, and a Ray for all commands whose workers have it too."""
    home = write_home(tmp_path_factory.mktemp("home"), tiny_llama)
    values = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    ray = subprocess.Popen(
        [sys.executable, "-c", RAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=values, text=True
    )
    assert ray.stdout is not None
    address = ray.stdout.readline().strip()
    assert address, "Ray did not start"
    yield {**values, "RAY_ADDRESS": address}
    ray.communicate("")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh folder with what the README takes for granted: the task file it prints, and rows."""
    from tiny_flamingo import picture

    fresh = tmp_path_factory.mktemp("fresh")
    [task] = [body for language, body in FENCE.findall(README) if language == "yaml"]
    (fresh / "my_task.yaml").write_text(task)
    with (fresh / "rows.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows(
            [["body", "truth"], ["I love it.", "praise"], ["It broke!", "complaint"], ["Blue.", ""]]
        )
    (fresh / "a.png").write_bytes(picture(0))
    lines = [
        {"instruction": "<image>What is it?", "response": "a ring", "images": ["a.png"]},
        {"instruction": "Say hello.", "response": "hello", "images": []},
    ]
    write_run(fresh / "runs/polite", polite_rows(3))
    (fresh / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return fresh


@pytest.mark.parametrize("command", [c for c in commands(README) if c.startswith("python ")])
def test_every_flag_in_a_command_is_one(command, folder, monkeypatch):
    monkeypatch.chdir(folder)
    _, module, *words = words_of(command)
    word, *flags = expand_config(words)
    verb = {"pipelines": PIPELINES, "trainers": TRAINERS}[module].verb(word)
    read_flags(verb.load_for(flags), flags, "")


@pytest.mark.parametrize("command", RUN)
def test_the_command_runs(command, folder, environment):
    words = words_of(command)
    for changes in (RULES[command].instead, *RULES[command].also):
        again = [changes.get(word, word) for word in words]
        done = subprocess.run(
            [sys.executable, *again, *shlex.split(RULES[command].more)],
            cwd=folder, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


def test_the_lines_for_a_notebook_label_a_table(folder, environment):
    [code] = [body for language, body in FENCE.findall(README) if language == "python"]
    command = [sys.executable, "-c", f"{code}\nprint(list(frame.columns), len(frame))"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == "['id', 'label', 'human_label'] 3"
