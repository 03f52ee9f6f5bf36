"""Does the recipe still run from end to end?  A few sentences, a few steps, a file, whisper.cpp.

It proves that the parts fit, not that the model hears: after a handful of
steps it cannot.  What is checked: losses are finite and fall, a stopped run
resumes, the file is loaded and decoded by whisper.cpp, read back it holds the
weights that were written, and each block format loses as little as it should.
"""

import tempfile
from pathlib import Path
from random import Random

import numpy as np
import torch
from pywhispercpp.model import Model
from torch import Tensor

from . import ggml
from .bank import Bank, Speakers, make_shard
from .batches import Batch, collate
from .distil import Distiller, settle
from .mean import mean
from .quantise import FORMATS
from .schedule import Schedule
from .texts import Texts
from .train import Trainer, renderer
from .vocabulary import Vocabulary
from .windows import Composer, Diet

STEPS = 12
SENTENCES = 24
POSITIONS = 768


def check(name: str, holds: bool) -> None:
    if not holds:
        raise SystemExit(f"model smoke: FAILED: {name}")
    print(f"model smoke: {name}", flush=True)


def quantisation() -> None:
    weights = np.random.default_rng(1).standard_normal((64, 192)).astype(np.float32)
    for name, allowed in {"f32": 0.0, "f16": 0.002, "q8_0": 0.02, "q4_0": 0.5, "q5_0": 0.2, "q5_1": 0.15}.items():
        worst = float(np.abs(FORMATS[name].decode(FORMATS[name].encode(weights)).reshape(weights.shape) - weights).max())
        check(f"{name} loses at most {allowed}", worst <= allowed)


def spoken(folder: Path) -> Bank:
    folder.mkdir()
    make_shard(folder, 0, seed=1, speakers=Speakers(lively=True), texts=Texts(Random(1)), size=SENTENCES)
    bank = Bank(folder)
    check(f"{len(bank.entries)} sentences spoken by {len(bank.by_voice)} voices", len(bank.entries) > SENTENCES // 2)
    return bank


def composed(bank: Bank, vocabulary: Vocabulary, length: int, count: int, diet: Diet) -> tuple[Tensor, Batch]:
    """One batch, and its spectrograms."""
    composer = Composer(bank, vocabulary, seed=1)
    windows = [composer.window(length, diet) for _ in range(count)]
    batch = collate(windows, vocabulary, length, np.random.default_rng(1))
    return renderer(bank, torch.device("cpu"), seed=1).mel(batch.sound), batch


def falls(name: str, told: list[float]) -> None:
    check(f"{name} {told[0]:.2f} to {told[-1]:.2f} in {len(told)} steps on one batch", np.isfinite(told).all() and told[-1] < told[0])


def training(folder: Path, bank: Bank) -> Trainer:
    schedule = Schedule(STEPS * 10, POSITIONS)
    trainer = Trainer(folder, schedule, torch.device("cpu"), seed=1)
    mel, batch = composed(bank, trainer.vocabulary, *schedule.plan(0))
    falls("token loss", [trainer.train_step(mel, batch)["token"].item() for _ in range(STEPS)])
    trainer.save()
    again = Trainer(folder, schedule, torch.device("cpu"), seed=2)
    same = all(torch.equal(a, b) for a, b in zip(trainer.network.parameters(), again.network.parameters(), strict=True))
    check("a stopped run resumes where it was", same and again.step == STEPS)
    return again


def distilling(source: Path, bank: Bank, path: Path) -> None:
    begin = lambda: Distiller(source, source, path.with_suffix(".pt"), STEPS, torch.device("cpu"))  # noqa: E731
    distiller = begin()
    mel, batch = composed(bank, distiller.vocabulary, 256, 3, Diet(prompt=1.0, silent=0.0))
    falls("distance from what is said without a prompt", [distiller.train_step(mel, batch)["prompted away"].mean().item() for _ in range(STEPS)])
    distiller.save()
    again = begin()
    settle(again.student)
    ggml.write(path, again.network, again.vocabulary)
    state, held = again.network.state_dict(), ggml.read(path)
    matrices = [name for name in held if name.startswith("decoder.blocks.") and held[name].ndim == 2]
    check(f"the file holds the {len(matrices)} matrices as they were trained", all(np.allclose(held[name], state[name], atol=1e-4) for name in matrices))


def export(trainer: Trainer, path: Path) -> None:
    ggml.write(path, trainer.average, trainer.vocabulary)
    check(f"the file has {path.stat().st_size / 1e6:.1f} MB, at most 16", path.stat().st_size <= 16_000_000)
    other = Trainer(path.parent / "fresh", trainer.schedule, torch.device("cpu"), seed=3, warm=path)
    mine, theirs = trainer.average.encoder.conv1.weight, other.network.encoder.conv1.weight
    check("read back, it holds the weights", bool(torch.allclose(mine, theirs, atol=1e-3)))


def averaging(before: Path, after: Path, path: Path) -> None:
    mean(path, [(before, 0.4), (after, 0.6)])
    old, new, both = (ggml.read(file) for file in (before, after, path))
    whole = [name for name in old if old[name].ndim == 1 and not np.array_equal(old[name], new[name])]  # not quantised, and learnt
    near = all(np.allclose(both[name], 0.4 * old[name] + 0.6 * new[name], atol=1e-5) for name in whole)
    check(f"a mean of two files is between them ({len(whole)} vectors)", bool(whole) and near)


def whisper(path: Path) -> None:
    model = Model(str(path), redirect_whispercpp_logs_to=None, n_threads=2, print_progress=False, print_realtime=False, language="en")
    tone = 0.1 * np.sin(np.arange(32_000) / 10, dtype=np.float32)
    for options in ({}, {"audio_ctx": 256}, {"no_timestamps": True}, {"initial_prompt": "Hello there."}):
        model.transcribe(tone, temperature_inc=0.0, max_tokens=8, **options)
    check("whisper.cpp loads and runs it, with audio_ctx, without timestamps, with a prompt", True)


def main() -> None:
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quantisation()
        bank = spoken(folder / "bank")
        export(training(folder, bank), folder / "trained.bin")
        distilling(folder / "trained.bin", bank, folder / "distilled.bin")
        averaging(folder / "trained.bin", folder / "distilled.bin", folder / "model.bin")
        whisper(folder / "model.bin")


if __name__ == "__main__":
    main()
