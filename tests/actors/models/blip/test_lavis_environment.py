"""The BLIP-2 engine over LAVIS untouched, in the environment that `make lavis-env` creates."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt
from cluster.connect import environment_of

ROOT = Path(__file__).parents[4]
PYTHON = ROOT / ".venv-lavis/bin/python"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-lavis; `make lavis-env` creates it"),
]

# tokenizers 0.13 reads no file that 0.23 writes; the other way round works.
OLD_T5_TOKENIZER = """
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
text, path = sys.argv[1:]
t = Tokenizer(models.Unigram())
t.pre_tokenizer, t.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
special = ["<pad>", "</s>", "<unk>"]
settings = {"special_tokens": special, "unk_token": "<unk>", "show_progress": False}
trainer = trainers.UnigramTrainer(vocab_size=60, **settings)
t.train_from_iterator([text] * 20, trainer)
t.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
t.save(path)
"""
WORDS = "a photo of a red square is this picture a comedy or a drama both what is shown"
CHOICES = (" comedy", " drama", " both")
DRAWN = GenerationParams(max_new_tokens=8, temperature=1.5, top_p=0.95, seed=3)

Answers = tuple[str, list[Generation], list[Choice], list[Generation]]


@pytest.fixture(scope="module")
def ray_of_this_test(shared_ray: str) -> str:
    return shared_ray


def prompts() -> list[Prompt]:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "PNG")
    return [
        Prompt("seen", "a red square", tail=" is this a comedy", before="</s>", images=(out.getvalue(),)),
        Prompt("unseen", "a photo", tail=" what is shown", before="</s>"),
    ]


def answers(folder: str, asked: list[Prompt]) -> Answers:
    from importlib.metadata import version

    from actors.models.blip.lavis_generator import Blip2LavisGenerator

    engine = Blip2LavisGenerator(folder)
    return (
        version("transformers"),
        engine.generate(asked, DRAWN),
        engine.choose(asked, CHOICES),
        engine.constrain(asked, CHOICES),
    )


@pytest.mark.parametrize("arch", ["blip2_opt", "blip2_t5"])
def test_lavis_untouched_gives_the_answers_of_the_main_environment(
    arch, lavis_folder, tmp_path, ray_of_this_test
):
    import ray

    folder = shutil.copytree(lavis_folder(arch), tmp_path / arch)
    if arch == "blip2_t5":
        command = [PYTHON, "-c", OLD_T5_TOKENIZER, WORDS, folder / "language/tokenizer.json"]
        subprocess.run(command, check=True)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    old_environment = environment_of(PYTHON) | {"env_vars": {"PYTHONPATH": path}}
    old = ray.remote(answers).options(runtime_env=old_environment)
    version, *theirs = ray.get(old.remote(str(folder), prompts()), timeout=300)
    assert version == "4.26.1"
    _, *ours = answers(str(folder), prompts())
    for one, other in zip(ours[0] + ours[2], theirs[0] + theirs[2]):
        assert (one.text, one.new_tokens, one.prompt_tokens) == (
            other.text,
            other.new_tokens,
            other.prompt_tokens,
        )
        assert one.logprob == pytest.approx(other.logprob, abs=1e-3)
    for one, other in zip(ours[1], theirs[1]):
        assert one.scores == pytest.approx(other.scores, abs=1e-3)
