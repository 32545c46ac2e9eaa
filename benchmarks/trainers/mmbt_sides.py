"""What `benchmarks.trainers.mmbt` times: MMBT's training and prediction, in plain loops and in ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor, nn

from actors.mmbt_classifier import MmbtClassifier
from actors.models.mmbt.folder import save_mmbt
from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import Mmbt
from actors.pictures.mmbt_reader import MmbtPictureReader
from pipelines.sources.packaged.emoji import Emoji
from trainers.loop.engines import PlainEngine
from trainers.mmbt.batches import Inputs, MmbtLoss
from trainers.mmbt.course import Step, part_of, steps_of_epoch, trains
from trainers.mmbt.pictures import Pictures, encode, pixels, with_tokens
from trainers.mmbt.prepared import Split, targets_of
from trainers.mmbt.settings import PRESETS, MmbtSettings
from trainers.mmbt.training import mmbt_optimizer

POCKET = replace(PRESETS["pocket"], learning_rate=0.0, weight_decay=0.0)
THAWED = replace(POCKET, freeze_image=0)
ALL_EPOCHS = f"frozen, {POCKET.epochs} epochs"
BATCH = POCKET.micro_batch_size


@dataclass(frozen=True)
class Set:
    """The rows, their model and its pictures; `folder` is for files that a side writes."""

    split: Split
    model: MmbtModel
    folder: Path
    numbers: Iterator[int] = field(default_factory=count)

    @cached_property
    def inputs(self) -> Inputs:
        return Inputs.of(self.split, self.model, self.pictures)

    @cached_property
    def pictures(self) -> Pictures:
        return Pictures.of([self.split.pictures])

    @cached_property
    def stored(self) -> Pictures:
        """The pictures with their features."""
        return self.store()

    def store(self) -> Pictures:
        """The pictures with features encoded now."""
        return with_tokens(self.model, self.pictures, self.folder / f"features-{next(self.numbers)}")

    def steps(self, settings: MmbtSettings, epoch: int = 0) -> Iterator[Step]:
        """The epoch's steps; dropout follows from their numbers."""
        for step in steps_of_epoch(self.inputs.lengths, settings, epoch, workers=1, first=0):
            torch.manual_seed(step.number)
            yield step


def emoji_rows(num_rows: int) -> tuple[Split, tuple[str, ...]]:
    """English emojis and the labels that occur."""
    source = Emoji(languages=("en",), limit=num_rows)
    source.check()
    root, rows = source.image_root(), list(source.rows())
    labels = tuple(sorted({row["human_label"] for row in rows}))
    targets, known = targets_of([[row["human_label"]] for row in rows], labels, multi_label=False)
    split = Split(
        [row["id"] for row in rows],
        [row["text"] for row in rows],
        [str(root / row["images"][0]) for row in rows],
        [[row["human_label"]] for row in rows],
        targets,
        known,
        np.ones(len(rows)),
    )
    return split, labels


def freeze(module: nn.Module, settings: MmbtSettings) -> list[nn.Parameter]:
    """The parameters that train in the first epoch; the others ask for no gradient."""
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(trains(part_of(name), 0, settings))
    return [parameter for parameter in module.parameters() if parameter.requires_grad]


def padded(data: Set, rows: list[int]) -> tuple[Tensor, Tensor]:
    """Ids and mask `[B, T]`, padded to the longest."""
    pieces = [torch.tensor(data.inputs.pieces[row], dtype=torch.long) for row in rows]
    ids = nn.utils.rnn.pad_sequence(pieces, batch_first=True, padding_value=data.model.tokenizer.pad_token_id)
    mask = nn.utils.rnn.pad_sequence([torch.ones_like(one) for one in pieces], batch_first=True)
    return ids, mask


def tokens_of(module: Mmbt, seen: Tensor) -> Tensor:
    """`seen`, pixels among it encoded."""
    return module.picture_tokens(seen) if seen.dim() == 4 else seen


class PlainTraining:
    """A loop as anyone would write it; `seen` gives rows' picture tokens, or their pixels."""

    def __init__(self, data: Set, seen: Callable[[list[int]], Tensor], settings: MmbtSettings) -> None:
        self.data, self.seen, self.settings = data, seen, settings
        self.whole = MmbtLoss(data.model.module, None, autocast=False)
        moving = freeze(self.whole, settings)
        self.optimizer = torch.optim.AdamW(moving, lr=settings.learning_rate, eps=settings.eps)
        self.targets = torch.from_numpy(data.split.targets)

    def __call__(self, epoch: int = 0) -> float:
        """The summed loss of an epoch."""
        module, total = self.data.model.module, 0.0
        moving = freeze(self.whole, self.settings)
        module.train()
        module.image_features.eval()
        for step in self.data.steps(self.settings, epoch):
            for rows in step.parts[0]:
                ids, mask = padded(self.data, rows)
                with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.settings.autocast):
                    logits = module(ids, mask, tokens_of(module, self.seen(rows)))
                loss = nn.functional.cross_entropy(logits.float(), self.targets[rows], reduction="sum")
                (loss / len(step.rows)).backward()
                total += float(loss.detach())
            nn.utils.clip_grad_norm_(moving, self.settings.max_grad_norm)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        return total


class OurTraining:
    """The same with the trainer's parts."""

    def __init__(self, data: Set, pictures: Pictures, settings: MmbtSettings) -> None:
        self.data, self.pictures, self.settings = data, pictures, settings
        self.module = MmbtLoss(data.model.module, None, autocast=settings.autocast)
        freeze(self.module, settings)
        optimizer = partial(mmbt_optimizer, eps=settings.eps)
        self.engine = PlainEngine(self.module, settings, optimizer=optimizer)

    def __call__(self, epoch: int = 0) -> float:
        """The summed loss of an epoch."""
        model, total = self.data.model, 0.0
        freeze(self.module, self.settings)
        self.module.train()
        model.module.image_features.eval()
        frozen = self.pictures.tokens is not None
        for step in self.data.steps(self.settings, epoch):
            for rows in step.parts[0]:
                batch = self.data.inputs.batch(rows, model, self.pictures, frozen=frozen, used=True)
                loss = self.engine.loss(batch)
                self.engine.backward(loss / len(step.rows), last=rows is step.parts[0][-1])
                total += float(loss.detach())
            self.engine.step(0.0)
        return total


def plain_prediction(data: Set) -> np.ndarray:
    """Probabilities `[n, labels]`, in file order."""
    data.model.module.eval()
    found = []
    for start in range(0, len(data.split), BATCH):
        rows = list(range(start, min(start + BATCH, len(data.split))))
        ids, mask = padded(data, rows)
        seen = torch.stack(
            [data.model.transform(Path(str(data.split.pictures[row])).read_bytes()) for row in rows]
        )
        with torch.inference_mode():
            found.append(data.model.module(ids, mask, tokens_of(data.model.module, seen)).softmax(-1))
    return torch.cat(found).numpy()


class Prediction:
    """The picture reader and the prediction actor over Arrow tables of the same batches."""

    def __init__(self, data: Set) -> None:
        paths = [Path(str(picture)) for picture in data.split.pictures]
        self.reader = MmbtPictureReader(str(paths[0].parent))
        self.classifier = MmbtClassifier(str(save_mmbt(data.model, data.folder / "model")))
        self.classifier.load()
        columns = {"text": data.split.texts, "images": [[path.name] for path in paths]}
        self.batches = pa.table(columns).to_batches(max_chunksize=BATCH)

    def __call__(self) -> np.ndarray:
        """Probabilities `[n, labels]`, in file order."""
        found = []
        for part in self.batches:
            batch = pa.Table.from_batches([part])
            for name, values in self.reader.annotate(batch).items():
                batch = batch.append_column(name, pa.array(values, self.reader.writes[name]))
            found.append(np.stack(self.classifier.annotate(batch)["label_probabilities"]))
        return np.concatenate(found)


def all_epochs(training: PlainTraining | OurTraining) -> float:
    """The summed loss of the preset's epochs."""
    return sum(training(epoch) for epoch in range(POCKET.epochs))


def parts(data: Set) -> dict[str, dict[str, Callable[[], object]]]:
    """Sides by part, the plain one first."""
    stored, paths = data.stored, data.split.pictures

    def tokens(rows: list[int]) -> Tensor:
        return stored.tokens_of(data.inputs.picture[rows])

    def read(rows: list[int]) -> Tensor:
        return pixels(data.model, [paths[row] for row in rows])

    def encoded(rows: list[int]) -> Tensor:
        return encode(data.model, [paths[row] for row in rows])

    trained = OurTraining(data, stored, POCKET)
    return {
        "training": {"plain": PlainTraining(data, tokens, POCKET), "ours": trained},
        "training with pictures": {
            "plain": PlainTraining(data, read, THAWED),
            "ours": OurTraining(data, data.pictures, THAWED),
        },
        "prediction": {"plain": lambda: plain_prediction(data), "ours": Prediction(data)},
        "frozen, one epoch": {"encoded": PlainTraining(data, encoded, POCKET), "stored": trained},
        ALL_EPOCHS: {
            "encoded every epoch": lambda: all_epochs(PlainTraining(data, encoded, POCKET)),
            "encoded once": lambda: all_epochs(OurTraining(data, data.store(), POCKET)),
        },
    }
