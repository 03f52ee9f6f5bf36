"""Trains the model: reads the bank, follows the schedule, tells how it goes, keeps a checkpoint.

Stop it at any time (a polite signal saves first); started again with the
same folder it goes on.  Every
`--report` steps it prints the mean losses and every `--listen` steps the word
error rate on held-out sentences, by seen and by unseen voices (greedy, of the
averaged weights).
"""

import argparse
import os
import signal
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import Tensor

from . import checkpoint, soundalike
from .bank import Bank, Speakers
from .batches import Batch, Batches, loader
from .listen import transcribe
from .losses import losses
from .muon import optimisers
from .network import Network, Shape, fast_bfloat16, sinusoids
from .schedule import MATRIX_RATE, OTHER_RATE, Schedule
from .score import rate
from .sound import noise
from .sound.render import Renderer, Store
from .speech import voices
from .testsets import drawn
from .texts import written
from .vocabulary import FIRST_TIMESTAMP, NO_SPEECH, PHONEMES, TIMESTAMPS, Vocabulary, used_tokens

AVERAGING = 0.998
CLIP = 1.0


def blank_network(vocabulary: Vocabulary) -> Network:
    return Network(Shape(), len(vocabulary), len(PHONEMES) + 1)


def start_embedding(network: Network, vocabulary: Vocabulary, seed: int) -> None:
    """Words start as they sound, a timestamp as the encoder's own embedding of that moment."""
    with torch.no_grad():
        table = network.decoder.token_embedding.weight
        sounds = soundalike.rows(vocabulary, table.shape[1], torch.Generator().manual_seed(seed))
        table[: len(sounds)] = sounds
        times = vocabulary.rows(list(range(FIRST_TIMESTAMP, FIRST_TIMESTAMP + TIMESTAMPS)))
        table[times] = 0.1 * sinusoids(TIMESTAMPS, table.shape[1])


class Trainer:
    """The network, what optimises it, and how far it is.  With `decoder_alone` the encoder stays as it is."""

    def __init__(self, folder: Path, schedule: Schedule, device: torch.device, seed: int, warm: Path | None = None, decoder_alone: bool = False):
        torch.manual_seed(seed)
        self.path, self.schedule, self.device = folder / "checkpoint.pt", schedule, device
        self.step, self.seconds = schedule.begin, 0.0
        self.vocabulary = Vocabulary(used_tokens())
        self.network = blank_network(self.vocabulary)
        state = checkpoint.load(self.path) if self.path.exists() else None
        if not state or state["ids"] != self.vocabulary.ids:
            start_embedding(self.network, self.vocabulary, seed)
        if state:
            self._restore_weights(self.network, state, "network")
        elif warm:
            from .ggml import load_weights

            load_weights(warm, self.network, self.vocabulary)
        self.average = blank_network(self.vocabulary)
        self.average.load_state_dict(self.network.state_dict())
        self.network.to(device)
        self.average.to(device)
        if decoder_alone:
            for part in (self.network.encoder, self.network.phoneme_head, self.network.frame_head):
                part.requires_grad_(False)
        self.optimisers = optimisers(self.network, MATRIX_RATE, OTHER_RATE)
        if state:
            self._restore_weights(self.average, state, "average")
            self.step, self.seconds = state["step"], state["seconds"]
            if state["ids"] == self.vocabulary.ids:
                for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
                    optimiser.load_state_dict(kept)

    def _restore_weights(self, network: Network, state: dict, name: str) -> None:
        weights = dict(state[name])
        if state["ids"] != self.vocabulary.ids:
            fresh = network.state_dict()[checkpoint.EMBEDDING].cpu()
            weights[checkpoint.EMBEDDING] = checkpoint.carry_rows(weights[checkpoint.EMBEDDING], state["ids"], fresh, self.vocabulary)
        network.load_state_dict(weights)

    def save(self) -> None:
        checkpoint.save(
            self.path,
            {
                "step": self.step,
                "seconds": self.seconds,
                "ids": self.vocabulary.ids,
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimisers": [o.state_dict() for o in self.optimisers],
            },
        )

    def train_step(self, mel: Tensor, batch: Batch) -> dict[str, Tensor]:
        factor = self.schedule.rate(self.step, self.seconds)
        for optimiser, base in zip(self.optimisers, (MATRIX_RATE, OTHER_RATE), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base * self.schedule.scale * factor
        with torch.autocast(self.device.type, torch.bfloat16, enabled=fast_bfloat16(self.device)):
            total, parts = losses(self.network, mel, batch, self.schedule.stage(self.step).weights, self.vocabulary.row_of[NO_SPEECH])
        total.backward()
        torch.nn.utils.clip_grad_norm_((p for p in self.network.parameters() if p.grad is not None), CLIP)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        share = min(AVERAGING, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            mine, theirs = list(self.average.parameters()), list(self.network.parameters())
            torch._foreach_mul_(mine, share)
            torch._foreach_add_(mine, theirs, alpha=1 - share)
        self.step += 1
        return parts


class HeldOut:
    """A few held-out sentences, spoken once, beside the first steps."""

    def __init__(self, count: int):
        self.sets = ThreadPoolExecutor(1).submit(self._spoken, count)

    def _spoken(self, count: int) -> dict[str, tuple[list, list[str]]]:
        speakers, random = Speakers(), Random(5)
        natural = written(held_out=True)
        texts = {"template": list(drawn("meetings", 60, 0))[:count], "natural": natural[:count], "salad": list(drawn("salad", 60, 0))[:count]}
        sets = {}
        for unseen in (False, True):
            for name, sentences in texts.items():
                chosen = [(f := voices.family(random), voices.voice(f, random, unseen), t) for t in sentences]
                clips = [u.samples.astype("float32") / 32768 for u in speakers.say_all(chosen, random)]
                sets[f"{'unseen' if unseen else 'seen'} {name}"] = (clips, sentences)
        return sets

    def rates(self, trainer: Trainer) -> str:
        trainer.average.eval()
        told = []
        for name, (clips, sentences) in self.sets.result().items():
            heard = transcribe(trainer.average, trainer.vocabulary, clips, trainer.device)
            told.append(f"{name} {rate(list(zip(sentences, heard, strict=True)))[0]:.1f}%")
        return ", ".join(told) + f' | "{heard[0].strip()}" for "{sentences[0]}"'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint is kept")
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="of training, if that is less")
    parser.add_argument("--positions", type=int, help="encoder positions in a batch")
    parser.add_argument("--warm", type=Path, help="a ggml file to start from, when there is no checkpoint")
    parser.add_argument("--begin", type=int, default=0, help="the step at which a warm start enters the schedule")
    parser.add_argument("--scale", type=float, default=1.0, help="of the learning rates")
    parser.add_argument("--decoder", action="store_true", help="train the decoder alone, which is cheaper: for what the encoder has no part in")
    parser.add_argument("--report", type=int, default=50)
    parser.add_argument("--listen", type=int, default=500)
    parser.add_argument("--held-out", type=int, default=24, help="sentences in each held-out set")
    parser.add_argument("--save-seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    torch.set_flush_denormal(True)
    positions = arguments.positions or (96_000 if gpu else 5_120)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    schedule = Schedule(arguments.steps, positions, arguments.scale, arguments.begin, arguments.seconds)
    trainer = Trainer(arguments.folder, schedule, device, arguments.seed, arguments.warm, arguments.decoder)
    run(trainer, arguments, workers=max(1, (os.cpu_count() or 1) * 3 // 4) if gpu else 1)
    if schedule.left(trainer.step, trainer.seconds):
        raise SystemExit(f"stopped at step {trainer.step}; started again it goes on there")


def renderer(bank: Bank, device: torch.device, seed: int) -> Renderer:
    clips = [bank.clip(entry) for entry in Random(seed).sample(bank.entries, 12)]
    return Renderer(Store(bank.samples, device), noise.pool(np.random.default_rng(seed), clips), device, seed)


class Progress:
    """Mean losses since the last line.  They stay on the device until then: to read them is to wait for it."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Tensor]] = defaultdict(list)

    def add(self, parts: dict[str, Tensor]) -> None:
        for name, value in parts.items():
            self.parts[name].append(value)

    def told(self) -> str:
        line = "  ".join(f"{name} {torch.stack(values).mean().item():.3f}" for name, values in self.parts.items())
        self.parts.clear()
        return line


def run(trainer: Trainer, arguments: argparse.Namespace, workers: int) -> None:
    batches = Batches(arguments.bank, trainer.vocabulary, trainer.schedule.plan, trainer.step, arguments.seed)
    sound = renderer(Bank(arguments.bank), trainer.device, arguments.seed + trainer.step)
    stream = iter(loader(batches, workers))
    held_out = HeldOut(arguments.held_out)  # after the workers have begun: they must not be born amid its speaking
    progress = Progress()
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    last = saved = time.monotonic()
    print(f"from step {trainer.step}: {len(trainer.vocabulary)} rows, {trainer.device}", flush=True)
    for batch in stream:
        if not trainer.schedule.left(trainer.step, trainer.seconds) or stopping:
            break
        progress.add(trainer.train_step(sound.mel(batch.sound), batch.to(trainer.device)))
        now = time.monotonic()
        trainer.seconds, last = trainer.seconds + now - last, now
        if trainer.step % arguments.report == 0:
            factor = trainer.schedule.rate(trainer.step, trainer.seconds)
            print(f"step {trainer.step}  {trainer.seconds:.0f} s  {progress.told()}  rate {factor:.2f}", flush=True)
        if trainer.step % arguments.listen == 0:
            print(f"held out at {trainer.step}: {held_out.rates(trainer)}", flush=True)
        if now - saved > arguments.save_seconds:
            trainer.save()
            saved = now
    trainer.save()


if __name__ == "__main__":
    main()
