"""Windows collated into tensors, made by background processes ahead of the trainer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from .bank import Bank
from .vocabulary import Vocabulary
from .windows import Composer, Diet, Window

MARGIN = 4  # positions around a word in which the guide lets attention look
REFRESH = 100  # batches between looks for new shards
SILENT_TOKEN_WEIGHT = 0.3  # the rest of a silent window's first target is no-speech


@dataclass
class Batch:
    mel: Tensor
    offset: Tensor
    inputs: Tensor
    targets: Tensor  # rows; -1 where nothing is predicted
    weights: Tensor
    first: Tensor  # the one place of each window that predicts the first label
    span_starts: Tensor  # positions; -1 where no guide
    span_ends: Tensor
    phonemes: Tensor
    phoneme_counts: Tensor
    frames: Tensor
    silent: Tensor

    def to(self, device: torch.device) -> "Batch":
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


def collate(windows: list[Window], vocabulary: Vocabulary) -> Batch:
    count, length = len(windows), max(len(w.tokens) for w in windows) - 1
    inputs, targets = np.zeros((count, length), np.int64), np.full((count, length), -1, np.int64)
    weights, first = np.ones((count, length), np.float32), np.zeros((count, length), bool)
    starts, ends = np.full((count, length), -1, np.int64), np.full((count, length), -1, np.int64)
    spelled = np.zeros((count, max(1, max(len(w.phonemes) for w in windows))), np.int64)
    for i, window in enumerate(windows):
        rows = vocabulary.rows(window.tokens)
        inputs[i, : len(rows) - 1] = rows[:-1]
        predicted = slice(window.label_from - 1, len(rows) - 1)
        targets[i, predicted] = rows[window.label_from :]
        first[i, window.label_from - 1] = True
        if window.silent:
            weights[i, window.label_from - 1] = SILENT_TOKEN_WEIGHT
        for j, span in enumerate(window.spans[1:]):
            if span:
                starts[i, j] = max(0, int(span[0] * 50) - MARGIN)
                ends[i, j] = int(span[1] * 50) + MARGIN
        spelled[i, : len(window.phonemes)] = window.phonemes
    counts = np.array([len(w.phonemes) for w in windows])
    arrays = (np.array([w.offset for w in windows]), inputs, targets, weights, first, starts, ends, spelled, counts, np.stack([w.frames for w in windows]), np.array([w.silent for w in windows]))
    return Batch(torch.from_numpy(np.stack([w.mel for w in windows])), *map(torch.from_numpy, arrays))


class Batches(IterableDataset):
    """Batch `step` has a shape that depends on the step alone: `plan(step)` gives positions, count and diet."""

    def __init__(self, bank: Path, vocabulary: Vocabulary, plan: Callable[[int], tuple[int, int, Diet]], step: int, seed: int):
        self.bank, self.vocabulary, self.plan, self.step, self.seed = bank, vocabulary, plan, step, seed

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        worker = get_worker_info()
        number, workers = (worker.id, worker.num_workers) if worker else (0, 1)
        bank = Bank(self.bank, self.vocabulary.knows)
        composer = Composer(bank, self.vocabulary, self.seed + 7919 * self.step + number)
        for step in range(self.step + number, 10**9, workers):
            positions, count, diet = self.plan(step)
            windows = [composer.window(positions, diet) for _ in range(count)]
            yield collate(windows, self.vocabulary)
            if step % REFRESH < workers:
                bank.refresh()


def loader(dataset: Batches, workers: int) -> DataLoader:
    return DataLoader(dataset, batch_size=None, num_workers=workers, prefetch_factor=4, persistent_workers=True)
