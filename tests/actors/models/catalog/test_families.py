from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actors.models.catalog.annotator_table import ANNOTATORS
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.families import FAMILIES

ROOT = Path(__file__).parents[4]
PARROT = """
from actors.models.catalog.family import Family
from actors.models.catalog.family import check_weights, load_endpoint


def load_parrot(model, options, use_images):
    from colours_of import Parrot

    return Parrot(model.checkpoint)


PARROT = Family(
    "parrot",
    "a bird that repeats",
    {"transformers": load_parrot, "openai": load_endpoint},
    recognises=lambda name, folder: folder is not None and (folder / "feathers").exists(),
    check=check_weights,
    picture_size=8,
)
"""
USE = """
import json, sys
from pathlib import Path
from actors.models.catalog.annotators import check_annotator, find_annotator
from actors.models.catalog.engines import engine_name, load_generator
from actors.models.catalog.families import FAMILIES

model = find_annotator(sys.argv[1])
words = [model.family, model.summary, engine_name(model, "auto"), FAMILIES[model.family].picture_size]
words.append(sorted({"torch", "colours_of"} & set(sys.modules)))
try:
    check_annotator(model)
except ValueError as error:
    words.append(str(error))
print(json.dumps([*words, load_generator(model).checkpoint]))
"""


def _folder(path: Path, config: dict | None = None, **files: str) -> Path:
    path.mkdir(parents=True)
    files = {"config.json": json.dumps(config or {"model_type": "llama"}), **files}
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


def test_a_folder_tells_its_family(tmp_path: Path) -> None:
    blip = find_annotator(str(_folder(tmp_path / "some-blip", {"model_type": "instructblip"})))
    assert (blip.family, blip.uses_image, blip.conversation) == ("instruct_blip", True, "raw")
    text = find_annotator(str(_folder(tmp_path / "plain")))
    assert (text.family, text.uses_image, text.conversation) == ("causal", False, "chat")
    lavis = _folder(tmp_path / "lavis", config__yaml="model: {arch: blip2_opt}")
    (lavis / "config.json").unlink()
    assert find_annotator(str(lavis)).family == "blip2_lavis"


def test_every_named_annotator_is_of_a_family_that_the_table_has() -> None:
    assert {model.family for model in ANNOTATORS.values()} <= FAMILIES.keys()


def test_a_hub_name_tells_its_family_where_nothing_is_on_this_machine(tmp_path: Path) -> None:
    assert find_annotator("nobody/My-InstructBLIP-3").family == "instruct_blip"
    assert find_annotator("nobody/llama-of-mine").family == "causal"


def test_a_folder_without_a_configuration_is_of_no_family(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no config.json"):
        find_annotator(str(tmp_path))


def test_a_family_is_one_file_and_one_line(tmp_path: Path) -> None:
    """A copy of the tree, the two changes that a user makes, and a model folder that the new family takes."""
    shutil.copytree(ROOT / "actors", tmp_path / "actors", ignore=shutil.ignore_patterns("__pycache__"))
    catalog = tmp_path / "actors/models/catalog"
    (catalog / "parrot.py").write_text(PARROT)
    table = (catalog / "families.py").read_text().replace("_FAMILIES = (", "_FAMILIES = (\n    PARROT,")
    new_line = "from actors.models.catalog.parrot import PARROT"
    (catalog / "families.py").write_text(table.replace("\nfrom actors", f"\n{new_line}\nfrom actors", 1))
    (tmp_path / "colours_of.py").write_text(
        "class Parrot:\n    def __init__(self, folder):\n        self.checkpoint = folder\n"
    )
    folder = _folder(tmp_path / "ara", feathers="")
    command = [sys.executable, "-c", USE, str(folder)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    family, summary, engine, size, imported, complaint, loaded = json.loads(done.stdout)
    assert (family, summary, engine, size) == ("parrot", "a bird that repeats", "transformers", 8)
    assert imported == []
    assert "has no weights" in complaint
    assert loaded == str(folder)
