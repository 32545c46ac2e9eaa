"""A program finds the verb that is meant, loads no other, and says mistakes in two lines."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.__main__ import PROGRAM, main
from pipelines.verbs import VERBS

HEAVY = {
    "pandas",
    "pyarrow.dataset",
    "pyarrow.compute",
    "torch",
    "ray",
    "transformers",
    "sklearn",
    "typeguard",
}


def loaded_by(program: str, *arguments: str) -> set[str]:
    """The modules in a fresh process after `python -m PROGRAM ARGUMENTS`."""
    program = program if "." in program else f"{program}.__main__"
    code = (
        f"import sys, {program} as program\n"
        f"program.main({list(arguments)!r})\n"
        "print('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_overview_has_every_verb_and_loads_none_of_them():
    assert all(f"  {verb.name} " in PROGRAM.overview() for verb in VERBS)
    modules = loaded_by("pipelines", "--help")
    assert not modules & {"tyro", "pyarrow", "yaml", *HEAVY}
    assert not any(name.startswith("pipelines.recipes") for name in modules)


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("pipelines", ("annotate", "--help")),
        ("pipelines", ("annotate", "--mod", "rank")),
        ("pipelines", ("filter", "--help")),
        ("pipelines", ("inspect", "--help")),
        ("trainers", ("mmbt", "--help")),
        ("trainers", ("rewriter", "--epoch", "3")),
        ("trainers.etiquette", ("annotate", "--help")),
    ],
)
def test_help_and_a_misspelt_flag_load_nothing_heavy(program, arguments):
    assert not loaded_by(program, *arguments) & {"numpy", "pyarrow", "yaml", *HEAVY}


def test_a_study_names_the_types_of_its_figures_and_loads_numpy_for_them():
    assert not loaded_by("pipelines", "label-study", "--help") & HEAVY


@pytest.mark.parametrize("arguments", [("annotate", "--help"), ("annotate", "--mod", "rank")])
def test_labelling_flags_need_no_answer_patterns_and_no_reason_codes(arguments):
    late = {"pipelines.reasons", "actors.labels.parse.statements", "pipelines.versions", "importlib.metadata"}
    assert not loaded_by("pipelines", *arguments) & {*late, "urllib.request", "ssl"}


def test_a_misspelt_verb_is_told_with_the_one_that_was_meant(capsys):
    assert main(["anotate", "--task", "iad_1"]) == 2
    assert capsys.readouterr().err == (
        "error: there is no verb 'anotate'; did you mean 'annotate'?\n"
        "`python -m pipelines --help` shows the verbs\n"
    )


def test_a_misspelt_flag_is_told_with_a_flag_of_the_same_verb(capsys):
    assert main(["annotate", "--mod", "rank"]) == 2
    assert capsys.readouterr().err == (
        "error: there is no flag --mod; did you mean --mode?\n"
        "`python -m pipelines annotate --help` shows what there is\n"
    )
    assert main(["ingest", "scenes", "--out", "x", "--annotater", "y"]) == 2
    error = capsys.readouterr().err
    assert "--annotater" in error and "--annotator" not in error  # which is a flag of annotate


def test_what_is_missing_or_of_another_kind_is_named(capsys):
    assert main(["rewrite"]) == 2
    assert "SOURCE and --out must be given" in capsys.readouterr().err
    assert main(["ingest", "scenes", "--out", "x", "--limit", "few"]) == 2
    assert "--limit is 'few', expected INT" in capsys.readouterr().err
    assert main(["annotate", "--task", "x", "--out", "y", "--mode", "rnk"]) == 2
    assert "expected one of regex, rank, constrain; did you mean 'rank'?" in capsys.readouterr().err
    assert main(["annotate", "--task", "x", "--out"]) == 2
    assert "--out has no value behind it" in capsys.readouterr().err
    assert main(["inspect", "a", "b"]) == 2
    assert "nothing takes 'b'" in capsys.readouterr().err


def test_without_a_verb_the_verbs_are_shown(capsys):
    assert main([]) == 2
    assert "annotate" in capsys.readouterr().err
    assert main(["--help"]) == 0
    assert "annotate" in capsys.readouterr().out


def test_the_version_can_be_asked_of_the_program_and_of_a_verb(capsys):
    assert main(["--version"]) == 0
    assert main(["annotate", "--version"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second and first.startswith("etiquette ")
