from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from actors.compat import nlpaug

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "quick", "brown", "fox", "jumps", "over", "lazy", "dog", "cat", "sleeps"]


@pytest.fixture(scope="module")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer

    folder = tmp_path_factory.mktemp("bert")
    vocabulary = [*SPECIAL, *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    return folder


def test_a_masked_language_model_substitutes_words_of_its_vocabulary(bert_folder):
    nlpaug.install()
    import nlpaug.augmenter.word as words

    augmenter = words.ContextualWordEmbsAug(
        model_path=str(bert_folder), model_type="bert", action="substitute", aug_p=0.5, device="cpu"
    )
    sentence = "the quick brown fox jumps over the lazy dog"
    random.seed(0)
    [text] = augmenter.augment(sentence)
    assert text != sentence
    assert len(text.split()) == len(sentence.split())
    assert set(text.split()) <= {*SPECIAL, *WORDS}
