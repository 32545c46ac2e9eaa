from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from actors.models.blip.lavis_checkpoint import load_lavis_blip2

ROOT = Path(__file__).parents[3]
CAPTIONS = ["a red square", "what is shown on a blue background"]


def load(lavis_folder, arch: str):
    return load_lavis_blip2(str(lavis_folder(arch)), dtype=torch.float32, device="cpu")


def pictures(loaded) -> torch.Tensor:
    colours = [(255, 0, 0), (0, 0, 255)]
    return torch.stack([loaded.transform(Image.new("RGB", (30, 20), colour)) for colour in colours])


@pytest.mark.parametrize("head", ["itm", "itc"])
def test_matching_scores_of_a_pair_do_not_depend_on_the_batch(lavis_folder, head):
    loaded = load(lavis_folder, "blip2_image_text_matching")
    images = pictures(loaded)
    with torch.no_grad():
        alone = [
            loaded.model({"image": images[i : i + 1], "text_input": [CAPTIONS[0]]}, match_head=head)
            for i in range(2)
        ]
        together = loaded.model({"image": images, "text_input": [CAPTIONS[0]] * 2}, match_head=head)
    by_batch, by_picture = (torch.cat(alone) - together).abs().max(), (alone[0] - alone[1]).abs().max()
    assert by_batch < 1e-6
    assert by_picture > 10 * by_batch  # tiny random weights: the pictures differ little, yet more than that


def test_padding_is_masked_in_the_query_transformer(lavis_folder):
    model = load(lavis_folder, "blip2_image_text_matching").model
    ids = torch.tensor([[2, 5, 6, 3]])
    padded = torch.tensor([[2, 5, 6, 3, 9, 9]])
    with torch.no_grad():
        short = model.Qformer.bert(ids, attention_mask=torch.ones(1, 4), return_dict=True)
        long = model.Qformer.bert(
            padded, attention_mask=torch.tensor([[1.0, 1, 1, 1, 0, 0]]), return_dict=True
        )
    assert torch.allclose(short.last_hidden_state, long.last_hidden_state[:, :4], atol=1e-6)


def test_the_output_bias_grows_with_the_vocabulary(lavis_folder):
    predictions = load(lavis_folder, "blip2_image_text_matching").model.Qformer.cls.predictions
    words = len((lavis_folder("blip2_image_text_matching") / "bert/vocab.txt").read_text().split("\n"))
    assert predictions.bias.shape == (words + 1,)  # [DEC]
    assert predictions.decoder.bias is predictions.bias


@pytest.mark.parametrize("arch", ["blip2_opt", "blip2_t5"])
def test_the_training_loss_has_a_gradient_in_the_query_transformer(lavis_folder, arch):
    loaded = load(lavis_folder, arch)
    samples = {"image": pictures(loaded), "text_input": CAPTIONS, "text_output": CAPTIONS}
    loss = loaded.model(samples)["loss"]
    loss.backward()
    assert torch.isfinite(loss)
    assert loaded.model.query_tokens.grad.abs().sum() > 0


def test_t5_generates_through_lavis_itself(lavis_folder):
    loaded = load(lavis_folder, "blip2_t5")
    samples = {"image": pictures(loaded), "prompt": CAPTIONS}
    texts = loaded.model.generate(samples, num_beams=2, max_length=5)
    assert len(texts) == 2
    assert all(isinstance(text, str) for text in texts)


def test_lavis_imports_in_a_fresh_process_after_transformers_and_registers_its_paths():
    code = (
        "import transformers, actors; from actors.compat import lavis; lavis.install(); lavis.install()\n"
        "from lavis.common.registry import registry; from lavis.models.blip2_models import blip2_opt\n"
        "print(registry.get_path('library_root').endswith('lavis'), blip2_opt.OPTForCausalLM.__module__)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.split() == ["True", "transformers.models.opt.modeling_opt"], result.stderr[-800:]


def test_a_query_transformer_refuses_to_prune_heads(lavis_folder):
    model = load(lavis_folder, "blip2_opt").model
    with pytest.raises(NotImplementedError, match="pruned"):
        model.Qformer.bert.encoder.layer[0].attention.prune_heads({0})
