"""Questions about scenes, their true answers and their wrong ones."""

from __future__ import annotations

from collections import Counter

from pipelines.sources.scenes.questions import QUESTIONS, ask
from pipelines.sources.scenes.world import draw_scene, scene_seed


def test_questions_of_every_kind_have_true_and_wrong_answers() -> None:
    kinds = Counter[str]()
    for number in range(600):
        scene = draw_scene(0, "train", number)
        question = ask(scene, scene_seed(0, "train", number, "q"))
        kinds[question.kind] += 1
        assert question.answer not in question.wrong and question.wrong
        assert question.kind == "yes_no" or question.answer in question.statement
        if question.kind == "count":
            name = question.question.split()[2]
            seen = sum(name == "shapes" or name.startswith(shape.kind) for shape in scene.shapes)
            assert question.answer == ["zero", "one", "two", "three"][seen]
        if question.kind == "yes_no":
            asked = question.question.split(" a ")[1].removesuffix(" in the picture?").removesuffix("?")
            named = [asked in (shape.name, shape.kind, f"{shape.colour} shape") for shape in scene.shapes]
            assert question.answer == ("yes" if any(named) else "no")
    assert set(kinds) == set(QUESTIONS)
