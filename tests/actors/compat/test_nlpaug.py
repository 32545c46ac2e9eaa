from __future__ import annotations

import random
import subprocess
import sys
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


def test_the_random_word_augmenter_loads_without_transformers_and_leaves_the_package_importable():
    code = (
        "import sys; from actors.compat.nlpaug import random_word_class; found = random_word_class(); "
        "print('transformers' in sys.modules, 'nltk' in sys.modules); "
        "print(found(action='delete', aug_p=1.0, aug_max=None).augment('one two')); "
        "import nlpaug.augmenter.word as whole; print(whole.RandomWordAug.__name__)"
    )
    lines = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert lines.splitlines() == ["False False", "['two']", "RandomWordAug"]


@pytest.mark.parametrize("text", ["one", "two words", "a b c", "Hello there, my friend."])
def test_cropping_a_short_text_does_not_fail(text):
    for seed in range(200):
        rng = random.Random(seed)
        augmenter = nlpaug.random_word_class()(action="crop", aug_p=rng.random())
        assert len(nlpaug.seeded(augmenter, rng).augment(text)) == 1
