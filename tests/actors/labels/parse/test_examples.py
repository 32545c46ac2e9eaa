"""The examples beside the regular expressions that read answers."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from types import ModuleType

import pytest

PARSE = (
    "answer_text", "claims", "denials", "marks", "markup", "mentions", "one_label", "questions", "readings",
    "reasoning", "several_labels", "statements", "unanswered",
)  # fmt: skip
LANGUAGE = "certainty", "negations", "phrases"
MODULES = [importlib.import_module(f"actors.labels.parse.{name}") for name in PARSE]
MODULES += [importlib.import_module(f"actors.labels.language.{name}") for name in LANGUAGE]
MODULES += [importlib.import_module("actors.prompts.word_forms")]
PATTERNS = importlib.import_module("actors.prompts.patterns")
EXAMPLE = re.compile(r'(not )?("(?:[^"\\]|\\.)*")')


def expressions(module: ModuleType) -> list[tuple[re.Pattern[str], bool, int]]:
    """Every expression at a module's top, refusals among them, whether it is looked for at a given place
    alone, and its line."""
    source, rows = inspect.getsource(module), []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if isinstance(expression := getattr(module, name), re.Pattern):
                rows.append((expression, f"{name}.match(" in source, node.lineno))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Tuple):
            refusals = zip(PATTERNS.REFUSALS, node.value.elts, strict=True)
            rows += [(re.compile(text, re.IGNORECASE), False, item.lineno) for text, item in refusals]
    return rows


def examples(module: ModuleType, line: int) -> list[tuple[bool, str]]:
    """Whether it matches, and the text, of every example in the comment right above a line."""
    comment = inspect.getsource(module).splitlines()[line - 2].strip()
    texts = EXAMPLE.findall(comment) if comment.startswith("#") else []
    return [(not negation, ast.literal_eval(quoted)) for negation, quoted in texts]


@pytest.mark.parametrize("module", [*MODULES, PATTERNS], ids=lambda module: module.__name__)
def test_every_expression_matches_the_examples_beside_it_and_not_the_others(module: ModuleType) -> None:
    rows = expressions(module)
    assert rows
    wrong = []
    for expression, at_place, line in rows:
        beside = examples(module, line)
        if not any(matches for matches, _ in beside):
            wrong.append(f"line {line}: no example beside it")
        for matches, text in beside:
            hits = [expression.match(text)] if at_place and not matches else expression.finditer(text)
            if any(hit and hit[0] for hit in hits) != matches:
                wrong.append(f"line {line}: {text!r} is{'' if matches else ' not'} to match")
    assert wrong == []
