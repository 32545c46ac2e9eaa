"""MMBT against a forward pass written out by hand."""

from __future__ import annotations

import pytest
import torch
from transformers import BertConfig, BertModel

from actors.models.mmbt.network import LAYOUTS, Mmbt, MmbtConfig, label_losses

CLS, SEP, CHANNELS, HIDDEN = 2, 3, 6, 8


def tiny(image_tokens: int = 3, multi_label: bool = False) -> Mmbt:
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=30,
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        hidden_act="gelu",
    )
    config = MmbtConfig("bert", "resnet18", ("a", "b", "c"), multi_label, image_tokens, max_text_tokens=16)
    features = torch.nn.Conv2d(3, CHANNELS, 3, stride=2)
    return Mmbt(config, BertModel(shape), features, channels=CHANNELS, cls=CLS, sep=SEP).eval()


def by_hand(model: Mmbt, words: list[int], pictures: torch.Tensor) -> torch.Tensor:
    """Logits of one row with plain matrix products."""
    weights = {name: value.detach() for name, value in model.state_dict().items()}

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-12)
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    table = weights["bert.embeddings.word_embeddings.weight"]
    places = weights["bert.embeddings.position_embeddings.weight"]
    kinds = weights["bert.embeddings.token_type_embeddings.weight"]
    front = torch.cat([table[[CLS]], linear("project", pictures), table[[SEP]]])
    front = front + places[: len(front)] + kinds[0]
    text = table[words] + places[: len(words)] + kinds[1]
    x = norm("bert.embeddings.LayerNorm", torch.cat([front, text]))
    layer = "bert.encoder.layer.0"
    heads = []
    query, key, value = (linear(f"{layer}.attention.self.{n}", x) for n in ("query", "key", "value"))
    for part in (slice(0, 4), slice(4, 8)):
        scores = torch.softmax(query[:, part] @ key[:, part].T / 2.0, dim=-1)
        heads.append(scores @ value[:, part])
    x = norm(
        f"{layer}.attention.output.LayerNorm",
        linear(f"{layer}.attention.output.dense", torch.cat(heads, -1)) + x,
    )
    inner = torch.nn.functional.gelu(linear(f"{layer}.intermediate.dense", x))
    x = norm(f"{layer}.output.LayerNorm", linear(f"{layer}.output.dense", inner) + x)
    return linear("classify", torch.tanh(linear("bert.pooler.dense", x[0])))


def test_the_forward_pass_is_the_one_written_by_hand() -> None:
    model = tiny()
    pictures = torch.randn(1, 3, CHANNELS)
    words = [5, 9, 11, 7]
    with torch.no_grad():
        logits = model(torch.tensor([words]), torch.ones(1, 4, dtype=torch.long), pictures)
        assert torch.allclose(logits[0], by_hand(model, words, pictures[0]), atol=1e-6)


def test_padding_and_neighbours_change_nothing() -> None:
    model = tiny()
    pictures = torch.randn(2, 3, CHANNELS)
    ids = torch.tensor([[5, 9, 0, 0], [4, 6, 8, 10]])
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    with torch.no_grad():
        together = model(ids, mask, pictures)
        alone = model(ids[:1, :2], mask[:1, :2], pictures[:1])
    assert torch.allclose(together[:1], alone, atol=1e-6)


@pytest.mark.parametrize("tokens", sorted(LAYOUTS))
def test_every_published_number_of_picture_tokens_comes_out(tokens: int) -> None:
    model = tiny(tokens)
    with torch.no_grad():
        assert model.picture_tokens(torch.randn(2, 3, 33, 29)).shape == (2, tokens, CHANNELS)


def test_picture_tokens_are_averages_of_the_feature_map_row_by_row() -> None:
    model = tiny(4)
    pixels = torch.randn(1, 3, 17, 17)
    with torch.no_grad():
        features = model.image_features(pixels)[0]
        tokens = model.picture_tokens(pixels)[0]
    assert torch.allclose(tokens[1], features[:, :4, 4:].mean((1, 2)), atol=1e-6)


def test_text_that_cannot_fit_beside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="takes 1 to 29"):
        MmbtConfig("bert", "resnet18", ("a", "b"), image_tokens=3, max_text_tokens=30).check(32)
    with pytest.raises(ValueError, match="1 to 9"):
        MmbtConfig("bert", "resnet18", ("a", "b"), image_tokens=10).check(32)


def test_the_losses_are_cross_entropy_and_weighted_binary_cross_entropy() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    single = label_losses(logits, torch.tensor([1]), multi_label=False)
    assert single.item() == pytest.approx(-torch.log_softmax(logits, -1)[0, 1].item())
    weights = torch.tensor([2.0, 1.0, 1.0])
    multi = label_losses(logits, torch.tensor([[1.0, 0.0, 0.0]]), multi_label=True, weights=weights)
    p = torch.sigmoid(logits[0])
    expected = (-2 * torch.log(p[0]) - torch.log(1 - p[1]) - torch.log(1 - p[2])) / 3
    assert multi.item() == pytest.approx(expected.item())
