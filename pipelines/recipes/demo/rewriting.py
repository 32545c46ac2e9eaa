"""The second half of the demo: distort, train a rewriter, rewrite, filter, and measure the gains."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.models.text_generator import GenerationParams
from cluster.capacity import Pool
from cluster.connect import connected
from pipelines.engine.failures import StageCrashed
from pipelines.engine.run import run_pipeline
from pipelines.manifest import MANIFEST, Manifest
from pipelines.metrics.gains import mean_gain, names_answer
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson
from pipelines.recipes.distort import Distortion
from pipelines.recipes.filter.verb import filtered
from pipelines.recipes.rewrite import RewriteFlags, Rewriting
from pipelines.sources.choice import open_source
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.mix import Mix
from pipelines.sources.scenes.source import Scenes
from pipelines.sources.source import Source
from pipelines.terminal import duration, print_table

logger = logging.getLogger(__name__)

# Answers of the laboratory have 10 to 60 tokens.
GREEDY = GenerationParams(max_new_tokens=96, temperature=0.0)
DISTORTED, HELD_OUT, TRAINED, FAULTS = "distorted", "held-out-distorted", "rewriter", "faults-filtered"
TRAINING_SEED, TEST_SEED = 1, 2
ONE_WORD = ("vqa", "vqa_rationale", "label")


@dataclass(frozen=True)
class Sizes:
    """Rows of each step of `manners`."""

    train: int = 3400
    """Polite responses to distort and to learn from."""
    llm: int = 80
    """How many of them the language model distorts."""
    held_out: int = 240
    """Distorted responses the rewriter has not seen, with pictures it has not seen."""
    terse: int = 160
    """Raw annotations of scenes."""
    questions: int = 120
    """easy-VQA: real questions with one-word answers."""
    faults: int = 600
    """Rewritten responses of which half carry a planted fault."""


@dataclass(frozen=True)
class RewritingDemo:
    """The steps under one folder; each goes on where it was stopped, or finds itself done."""

    out: Path
    sizes: Sizes

    def run(self) -> Mapping[str, Manifest]:
        """Runs every step and returns the manifests by folder name.

        Raises:
            ValueError: a step cannot start.
            StageCrashed: a training command failed; its own words stand above.
        """
        trainers("pocket")
        with self._ray(DISTORTED, HELD_OUT):
            self._distort(DISTORTED, self._scenes(self.sizes.train, "train", "polite"), self.sizes.llm)
            self._distort(HELD_OUT, self._scenes(self.sizes.held_out, "test", "polite"), 0)
        trainers("rewriter", str(self.out / DISTORTED), "--out", str(self.out / TRAINED), "--workers", "2")
        inputs = self._inputs()
        with self._ray(*(f"{name}-filtered" for name in inputs), FAULTS):
            for name, rows in inputs.items():
                self._rewrite(name, rows)
            faults = self._scenes(self.sizes.faults, "test", "faults")
            logger.info("faults: scoring %d responses with planted faults", self.sizes.faults)
            filtered(faults, self.out / FAULTS)
        steps = [f"{name}-{step}" for name in inputs for step in ("rewritten", "filtered")]
        return {name: Manifest.read(self.out / name) for name in (DISTORTED, HELD_OUT, *steps, FAULTS)}

    def _inputs(self) -> dict[str, Source]:
        """Sources to rewrite, by name; easy-VQA is left out where its package cannot be fetched."""
        inputs: dict[str, Source] = {
            "held-out": ManifestRows(self.out / HELD_OUT),
            "scenes": self._scenes(self.sizes.terse, "test", "terse"),
        }
        questions = open_source("easy_vqa", sample=self.sizes.questions, balanced=True)
        try:
            questions.check()
        except ValueError as error:
            print(f"easy_vqa was skipped: {error}")
        else:
            inputs["easy-vqa"] = questions
        return inputs

    def _scenes(self, rows: int, split: str, kind: str) -> Scenes:
        seed = TRAINING_SEED if split == "train" else TEST_SEED
        return Scenes(num_rows=rows, split=split, seed=seed, kind=kind)  # type: ignore[arg-type]

    def _distort(self, name: str, rows: Scenes, llm: int) -> None:
        logger.info("%s: polite responses made as bad as raw ones", name)
        mix = Mix(llm_images=llm, llm_text=0, random=rows.num_rows * 0.8, boxes=rows.num_rows * 0.1)
        run_pipeline(Distortion(rows, mix=mix).pipeline(self.out / name))

    def _rewrite(self, name: str, rows: Source) -> None:
        logger.info("%s: rewriting", name)
        how = RewriteFlags(rewriter=str(self.out / TRAINED / "model"))
        Rewriting(rows, how, params=GREEDY).run(self.out / f"{name}-rewritten")
        logger.info("%s-filtered: scoring and filtering", name)
        filtered(ManifestRows(self.out / f"{name}-rewritten"), self.out / f"{name}-filtered")

    def _ray(self, *folders: str) -> ExitStack:
        return one_ray([self.out / name for name in folders], ("models", 4), "others")


def one_ray(folders: Iterable[Path], models: tuple[str, int], others: str) -> ExitStack:
    """One Ray for several runs, where one of them is not finished; `models` are a pool and its workers."""
    stack = ExitStack()
    if not all((folder / MANIFEST).is_file() for folder in folders):
        cores = float(os.cpu_count() or 1)
        stack.enter_context(connected([Pool(*models, cores, 0.0), Pool(others, 1, 1.0, 0.0)]))
    return stack


def trainers(*arguments: str) -> None:
    """Runs `python -m trainers ...`, which prints its own progress.

    Raises:
        StageCrashed: it failed.
    """
    command = [sys.executable, "-m", "trainers", *arguments]
    if subprocess.run(command, check=False).returncode:
        raise StageCrashed(
            f"the demo stopped at `python -m trainers {' '.join(arguments)}`, whose own words stand above; "
            "when that is mended, the same demo command goes on from there"
        )


def demo_rewriting(out: Path, sizes: Sizes) -> None:
    """Runs every step under `out`, writes the reports and prints the gains from rewriting."""
    start = time.perf_counter()
    manifests = RewritingDemo(out, sizes).run()
    pages = write_pages(out, manifests)
    names = [name for name in manifests if name.endswith("-filtered") and name != FAULTS]
    references = {name: out / HELD_OUT if name.startswith("held-out") else None for name in names}
    print_gains([measure_gains(name, out / name, references[name]) for name in names])
    for page in pages:
        print(f"report: {page.resolve()}")
    print(f"{duration(time.perf_counter() - start)} in all")


def write_pages(out: Path, manifests: Mapping[str, Manifest]) -> list[Path]:
    """One page on the distortion, one on everything that was filtered."""
    from pipelines.reports.distortion import page as distortion_page
    from pipelines.reports.filter import page as filter_page

    scored = [out / name for name in manifests if name.endswith("-filtered")]
    distortion = distortion_page.write_report([out / DISTORTED], out / "distortion.html")
    return [distortion, filter_page.write_report(scored, out / "filtering.html")]


@dataclass(frozen=True)
class Gains:
    """Figures of one rewriting run; `rouge` is None where no polite reference is known."""

    name: str
    reward: Estimate
    rouge: Estimate | None
    kept_answers: Estimate
    unchanged: Estimate


def measure_gains(name: str, run: Path, references: Path | None = None) -> Gains:
    """Reward and Rouge-L of every rewritten response against its draft, from the scored run `run`.

    Rows that a filter dropped count too. `references` is the run whose `response_original` holds the
    polite references of the same ids. Answers count where the draft still gives them.
    """
    rows = rewarded_rows(Manifest.read(run))
    asking = [row for row in rows if row["answer"] and names_answer(row["response_original"], row["answer"])]
    return Gains(
        name,
        mean_gain([row["reward"] for row in rows], [row["reward_original"] for row in rows]),
        _rouge(rows, references) if references else None,
        wilson(sum(names_answer(row["response"], row["answer"]) for row in asking), len(asking)),
        wilson(sum(row["response_original"] == row["response"] for row in rows), len(rows)),
    )


def rewarded_rows(manifest: Manifest) -> list[dict[str, Any]]:
    """Rows with a reward: `response` before repair, `answer` the one word that a question asks for."""
    columns = ["id", "task", "response", "response_original", "reward", "reward_original"]
    more = [name for name in ("answer", "human_label", "response_unrepaired") if name in manifest.schema]
    rows = [row for row in manifest.table([*columns, *more]).to_pylist() if row["reward"] is not None]
    for row in rows:
        row["response"] = row.get("response_unrepaired") or row["response"]
        row["answer"] = (row.get("answer") or row.get("human_label")) if row["task"] in ONE_WORD else None
    return rows


def _rouge(rows: list[dict[str, Any]], references: Path) -> Estimate:
    from actors.scorers.rouge import load_rouge, rouge_l

    table = Manifest.read(references).table(["id", "response_original"])
    polite = dict(zip(table["id"].to_pylist(), table["response_original"].to_pylist(), strict=True))
    scorer = load_rouge()

    def scores(column: str) -> list[float]:
        return [rouge_l(polite[row["id"]], row[column], scorer) for row in rows]

    return mean_gain(scores("response"), scores("response_original"))


def print_gains(lines: Sequence[Gains]) -> None:
    """Prints a line per run."""
    cells = []
    for line in lines:
        reward, rouge = figure(line.reward), figure(line.rouge) if line.rouge else "no reference"
        cells.append((line.name, reward, rouge, figure(line.kept_answers), figure(line.unchanged)))
    columns = ("rows", "reward gained", "Rouge-L to the reference gained", "answer kept", "text unchanged")
    print_table("what rewriting changed (pocket models; mean and 95 % interval)", columns, cells)


def figure(estimate: Estimate) -> str:
    """Value, interval and rows; or why there is none."""
    return f"{estimate}, n={estimate.rows}" if estimate.defined else estimate.note
