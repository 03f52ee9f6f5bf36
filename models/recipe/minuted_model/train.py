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
from pathlib import Path
from random import Random

import torch

from . import checkpoint, soundalike
from .bank import Speakers
from .batches import Batches, loader
from .listen import transcribe
from .losses import losses
from .muon import optimisers
from .network import Network, Shape, sinusoids
from .schedule import MATRIX_RATE, OTHER_RATE, Schedule
from .score import rate
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
    def __init__(self, folder: Path, schedule: Schedule, device: torch.device, seed: int, warm: Path | None = None):
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

    def train_step(self, batch) -> dict[str, float]:
        factor = self.schedule.rate(self.step)
        for optimiser, base in zip(self.optimisers, (self.schedule.scale * MATRIX_RATE, OTHER_RATE), strict=True):
            for group in optimiser.param_groups:
                group["lr"] = base * factor
        with torch.autocast(self.device.type, torch.bfloat16):
            total, parts = losses(self.network, batch, self.schedule.stage(self.step).weights, self.vocabulary.row_of[NO_SPEECH])
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad()
        share = min(AVERAGING, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            mine, theirs = list(self.average.parameters()), list(self.network.parameters())
            torch._foreach_lerp_(mine, theirs, 1 - share)
        self.step += 1
        return parts


class HeldOut:
    """A few held-out sentences, spoken once at the start."""

    def __init__(self, count: int):
        speakers, random = Speakers(), Random(5)
        natural = written(held_out=True)
        texts = {"template": list(drawn("meetings", 60, 0))[:count], "natural": natural[:count], "salad": list(drawn("salad", 60, 0))[:count]}
        self.sets: dict[str, tuple[list, list[str]]] = {}
        for unseen in (False, True):
            for name, sentences in texts.items():
                chosen = [(f := voices.family(random), voices.voice(f, random, unseen), t) for t in sentences]
                if chosen:
                    clips = [u.samples.astype("float32") / 32768 for u in speakers.say_all(chosen, random)]
                    self.sets[f"{'unseen' if unseen else 'seen'} {name}"] = (clips, sentences)

    def rates(self, trainer: Trainer) -> str:
        trainer.average.eval()
        told = []
        for name, (clips, sentences) in self.sets.items():
            heard = transcribe(trainer.average, trainer.vocabulary, clips, trainer.device)
            told.append(f"{name} {rate(list(zip(sentences, heard, strict=True)))[0]:.1f}%")
        return ", ".join(told) + f' | "{heard[0].strip()}" for "{sentences[0]}"'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the checkpoint is kept")
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=60_000)
    parser.add_argument("--positions", type=int, help="encoder positions in a batch")
    parser.add_argument("--warm", type=Path, help="a ggml file to start from, when there is no checkpoint")
    parser.add_argument("--begin", type=int, default=0, help="the step at which a warm start enters the schedule")
    parser.add_argument("--scale", type=float, default=1.0, help="of the matrices' learning rate")
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
    trainer = Trainer(arguments.folder, Schedule(arguments.steps, positions, arguments.scale, arguments.begin), device, arguments.seed, arguments.warm)
    held_out = HeldOut(arguments.held_out)
    run(trainer, held_out, arguments, workers=14 if gpu else 1)


def run(trainer: Trainer, held_out: HeldOut, arguments: argparse.Namespace, workers: int) -> None:
    batches = Batches(arguments.bank, trainer.vocabulary, trainer.schedule.plan, trainer.step, arguments.seed)
    sums: dict[str, list[float]] = defaultdict(list)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    last = saved = time.monotonic()
    print(f"from step {trainer.step} of {arguments.steps}: {len(trainer.vocabulary)} rows, {trainer.device}", flush=True)
    for batch in loader(batches, workers):
        if trainer.step >= arguments.steps or stopping:
            break
        for name, value in trainer.train_step(batch.to(trainer.device)).items():
            sums[name].append(value)
        now = time.monotonic()
        trainer.seconds += now - last
        sums["seconds"].append(now - last)
        last = now
        if trainer.step % arguments.report == 0:
            means = "  ".join(f"{name} {sum(v) / len(v):.3f}" for name, v in sums.items())
            print(f"step {trainer.step}/{arguments.steps}  {means}  rate {trainer.schedule.rate(trainer.step):.2f}", flush=True)
            sums.clear()
        if trainer.step % arguments.listen == 0:
            print(f"held out at {trainer.step}: {held_out.rates(trainer)}", flush=True)
        if now - saved > arguments.save_seconds:
            trainer.save()
            saved = now
    trainer.save()


if __name__ == "__main__":
    main()
