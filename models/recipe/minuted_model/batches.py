"""Windows collated into tensors, made by background processes ahead of the trainer.

Whatever a device would have to tell the processor is worked out here, so that
a step is one stream of work in which nobody waits: which places predict
something, how many phonemes there are.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .bank import Bank
from .sound import render
from .vocabulary import Vocabulary
from .windows import Composer, Diet, Window

MARGIN = 4  # positions around a word in which the guide lets attention look
REFRESH = 100  # batches between looks for new shards
SILENT_TOKEN_WEIGHT = 0.3  # the rest of a silent window's first target is no-speech
MISHEARD = 0.03  # of the words that the decoder is told it has written, another stands there


@dataclass
class Batch:
    sound: render.Plans
    offset: Tensor
    inputs: Tensor
    predicted: Tensor  # the places, of all windows in a row, that predict something: [targets]
    targets: Tensor  # their rows
    weights: Tensor
    silent: Tensor  # those of the targets that should know that nobody speaks
    span_starts: Tensor  # positions; -1 where no guide
    span_ends: Tensor
    phonemes: Tensor
    phoneme_counts: Tensor  # stays with the processor
    frames: Tensor

    def to(self, device: torch.device) -> "Batch":
        """All but the plans, which the renderer takes, and what stays."""
        stays = ("sound", "phoneme_counts")
        return Batch(*(getattr(self, f.name) if f.name in stays else getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))

    def pin_memory(self) -> "Batch":
        """For the loader: from such memory a GPU copies without anybody waiting."""
        pinned = {f.name: getattr(self, f.name).pin_memory() for f in fields(self) if f.name != "phoneme_counts"}
        return replace(self, **pinned)


def collate(windows: list[Window], vocabulary: Vocabulary, positions: int, generator: np.random.Generator) -> Batch:
    count, length = len(windows), max(len(w.tokens) for w in windows) - 1
    inputs, targets = np.zeros((count, length), np.int64), np.full((count, length), -1, np.int64)
    weights = np.ones((count, length), np.float32)
    starts, ends = np.full((count, length), -1, np.int64), np.full((count, length), -1, np.int64)
    spelled = np.zeros((count, max(1, max(len(w.phonemes) for w in windows))), np.int64)
    silent = []
    for i, window in enumerate(windows):
        rows = vocabulary.rows(window.tokens)
        inputs[i, : len(rows) - 1] = rows[:-1]
        first = window.label_from - 1
        targets[i, first : len(rows) - 1] = rows[window.label_from :]
        if window.silent:
            weights[i, first] = SILENT_TOKEN_WEIGHT
            silent.append(i * length + first)
        for j, span in enumerate(window.spans[1:]):
            if span:
                starts[i, j] = max(0, int(span[0] * 50) - MARGIN)
                ends[i, j] = int(span[1] * 50) + MARGIN
        spelled[i, : len(window.phonemes)] = window.phonemes
    misheard = (generator.random(inputs.shape) < MISHEARD) & (targets >= 0) & (inputs < len(vocabulary.text_tokens))
    inputs[misheard] = generator.integers(0, len(vocabulary.text_tokens), int(misheard.sum()))
    predicted = np.flatnonzero(targets >= 0)
    counts = np.array([len(w.phonemes) for w in windows])
    arrays = (
        np.array([w.offset for w in windows]), inputs, predicted, targets.ravel()[predicted], weights.ravel()[predicted],
        np.searchsorted(predicted, np.array(silent, np.int64)), starts, ends, spelled, counts, np.stack([w.frames for w in windows]),
    )  # fmt: skip
    sound = render.collate([w.sound for w in windows], positions * render.RATE // 50)
    return Batch(sound, *map(torch.from_numpy, arrays))


class Batches(IterableDataset):
    """Batch `step` has a shape that depends on the step alone: `plan(step)` gives positions, count and diet."""

    def __init__(self, bank: Path, vocabulary: Vocabulary, plan: Callable[[int], tuple[int, int, Diet]], step: int, seed: int):
        self.bank, self.vocabulary, self.plan, self.step, self.seed = bank, vocabulary, plan, step, seed

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        bank = Bank(self.bank, self.vocabulary.knows)
        seed = self.seed + 7919 * self.step + number
        composer, generator = Composer(bank, self.vocabulary, seed), np.random.default_rng(seed)
        for step in range(self.step + number, 10**9, workers):
            positions, count, diet = self.plan(step)
            windows = [composer.window(positions, diet) for _ in range(count)]
            yield collate(windows, self.vocabulary, positions, generator)
            if step % REFRESH < workers:
                bank.refresh()


def loader(dataset: Batches, workers: int) -> DataLoader:
    return DataLoader(
        dataset, batch_size=None, num_workers=workers, prefetch_factor=4, persistent_workers=True,
        pin_memory=torch.cuda.is_available(), worker_init_fn=_deaf,
    )  # fmt: skip


def _deaf(_: int) -> None:
    """A signal to the whole group is for the trainer, who saves, and ends its workers then."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
