"""The command: its plan, and a fresh start."""

from __future__ import annotations

import json
from pathlib import Path

from study_parts import SHARES

from pipelines.recipes.label_study.flags import StudyRunFlags
from pipelines.recipes.label_study.verb import label_study

PETS = 'name: pets\nlabels: [cat, dog]\nprompt: "{document}\\nCat or dog?"\npositive: dog\n'


def test_the_plan_of_a_finished_study_is_printed_as_json_and_trains_nothing(
    done, tmp_path: Path, capsys
) -> None:
    study, _, page = done
    task = tmp_path / "pets.yaml"
    task.write_text(PETS)
    before = page.stat().st_mtime_ns
    label_study(
        str(task),
        out=study.out,
        source=study.source,
        splits=study.splits,
        labels=study.labels,
        classifiers=SHARES,
        run=StudyRunFlags(plan=True, json=True),
    )
    plan = json.loads(capsys.readouterr().out)
    assert plan["rows"] == {"train": 300, "dev": 33, "test": 160}
    assert plan["labelling"] == {"robot": None} and plan["finished"] == 21
    assert page.stat().st_mtime_ns == before
