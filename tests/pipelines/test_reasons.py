"""Every reason code of the tree is declared once, with its words, and everything that lists codes has it."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from actors.base import DROPPED, FAILED, Annotator, Filter
from actors.together import Together
from pipelines.manifest import Manifest
from pipelines.reasons import BUILT_IN, DROPS, FAILURES, FILTERS, reason_words, run_words, undeclared
from pipelines.sources.derived import DerivedSource
from pipelines.sources.manifest_rows import ManifestRows

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT)
    for top in ("actors", "pipelines", "trainers")
    for path in (ROOT / top).rglob("*.py")
)


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    """Calls of `name`, whatever it was imported from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".")[-1] == name:
            yield node


def codes_written(tree: ast.AST) -> Iterator[ast.expr]:
    """The code of every BadRow, and of every mark that is written as a dict."""
    yield from (call.args[0] for call in calls(tree, "BadRow"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
            if "status" in keys and "reason" in keys:
                yield node.values[keys.index("reason")]


def spelt_out(tree: ast.AST) -> list[str]:
    """Codes that are written as text where they are given."""
    return [
        ast.unparse(code) for code in codes_written(tree) if isinstance(code, ast.Constant | ast.JoinedStr)
    ]


def declared_constants() -> dict[str, list[tuple[Path, str, str]]]:
    """By code: module, name of the constant and words, of every `NAME = Reason("code", "words")`."""
    found: dict[str, list[tuple[Path, str, str]]] = defaultdict(list)
    for path in MODULES:
        for node in ast.parse((ROOT / path).read_text()).body:
            if isinstance(node, ast.Assign) and list(calls(node.value, "Reason")):
                code, words = (ast.literal_eval(argument) for argument in node.value.args)  # type: ignore[attr-defined]
                found[code].append((path, node.targets[0].id, words))  # type: ignore[attr-defined]
    return found


def filters_of_the_tree() -> list[type[Filter]]:
    """Every class of ours that inherits from Filter."""
    found = []
    for path in MODULES:
        source = (ROOT / path).read_text()
        if "(Filter)" in source:
            module = importlib.import_module(str(path.with_suffix("")).replace("/", "."))
            members = inspect.getmembers(module, inspect.isclass)
            found += [kind for _, kind in members if issubclass(kind, Filter) and kind is not Filter]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_code_is_spelt_out_where_a_row_is_marked(path):
    assert spelt_out(ast.parse((ROOT / path).read_text())) == []


def test_a_code_that_is_spelt_out_is_seen():
    source = 'raise BadRow("odd", "x")\nbase.BadRow(f"http_{n}", "x")\nrow |= {"status": D, "reason": "late"}'
    assert spelt_out(ast.parse(source)) == ["'odd'", "f'http_{n}'", "'late'"]
    assert spelt_out(ast.parse('BadRow(ODD, "x")\n{"status": D, "reason": LATE}')) == []


def test_a_code_is_declared_in_one_module_alone():
    twice = {code: places for code, places in declared_constants().items() if len(places) > 1}
    assert twice == {}


def test_every_declared_constant_is_collected():
    constants = declared_constants()
    own = {
        code for code, [(path, *_)] in constants.items() if path.parts[0] != "trainers"
    }  # no run writes those
    collected = {str(reason) for reason in (*DROPS, *FAILURES)} | set(BUILT_IN[DROPPED])
    assert own <= collected
    assert {str(reason) for reason in (*DROPS, *FAILURES)} <= set(constants)


def test_every_filter_is_collected_and_declares_words():
    assert set(filters_of_the_tree()) == set(FILTERS)
    for kind in FILTERS:
        assert kind.reasons and all(words.strip() for words in kind.reasons.values()), kind.__name__


def test_no_two_filters_give_a_code_other_words():
    words = defaultdict(set)
    for kind in FILTERS:
        for code, meaning in kind.reasons.items():
            words[code].add(meaning)
    for reason in DROPS:
        words[str(reason)].add(reason.words)
    assert {code: meanings for code, meanings in words.items() if len(meanings) > 1} == {}


def test_words_are_the_runs_own_then_ours_then_the_code_itself():
    own = {DROPPED: {"too_long": "more than 3 pages"}}
    assert reason_words("too_long", own, DROPPED) == "more than 3 pages"
    assert reason_words("too_long", own, FAILED) == "the text is too long for the model"
    assert reason_words("too_long", {}, DROPPED) == "more words than the limit"
    assert reason_words("unanswered_cut_off") == "the answer reached the token limit before it named a label"
    assert reason_words("http_429") == "http 429"
    assert reason_words("never_declared") == "never declared"


@dataclass
class Quiet(Filter):
    reasons = {"loud": "mostly capital letters"}


@dataclass
class Halves(Annotator):
    reasons = {"odd": "an odd number"}


class Numbers(ManifestRows):
    reasons = {"torn": "half of the record is missing"}

    def declared_reasons(self):
        return self.reasons


def test_a_run_knows_the_words_of_its_own_actors_and_source(tmp_path):
    words = run_words([Together((Halves(),)), Quiet()], Numbers(tmp_path))
    torn = {"torn": "half of the record is missing"}
    assert words == {
        DROPPED: {**torn, "loud": "mostly capital letters"},
        FAILED: {**torn, "odd": "an odd number"},
    }
    counts = {
        DROPPED: {"loud": 2, "odd": 1},
        FAILED: {"odd": 3, "http_500": 1, "missing_image": 1, "gone": 4},
    }
    assert undeclared(counts, words) == {"odd": 1, "gone": 4}


def test_words_go_on_to_the_run_that_reads_the_rows(tmp_path):
    manifest = Manifest(
        path=tmp_path, name="mine", created="", command=[], config={}, determinism={}, versions={},
        git_commit=None, image_root=None, rows={}, reasons={}, shards=[], schema={}, timings={},
        words={DROPPED: {"loud": "in capitals"}},
    )  # fmt: skip
    manifest.write()
    assert run_words([], DerivedSource(ManifestRows(tmp_path)))[DROPPED] == {"loud": "in capitals"}


def test_a_manifest_without_words_still_has_those_of_our_modules(tmp_path):
    test_words_go_on_to_the_run_that_reads_the_rows(tmp_path)
    content = json.loads((tmp_path / "manifest.json").read_text())
    del content["words"]
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    older = Manifest.read(tmp_path).words
    assert reason_words("no_end", older, DROPPED) == "the response does not come to an end"
