"""The last stage: the decoder learns from itself to hear as well behind a prompt as without one.

    python -m minuted_model.distil FROM TO --bank FOLDER

whisper.cpp gives a window the text of those before it, times included, as a
prompt.  A decoder that was mostly trained without goes astray behind such a
prompt, and more training on the truth makes it hear worse elsewhere.  So the
truth has no say here: the decoder as it was, without the prompt, is the teacher, and
what the student says behind the prompt shall be as likely as what the teacher
says (the Kullback-Leibler divergence of the two, token by token).  Windows without
prompts hold the student where it was.  The encoder stays as it is.

The weights are rounded to the file's format in every step and the gradient
goes past the rounding, so that what is trained is what the file will hold.
"""

import argparse
import hashlib
import math
import os
import signal
import time
from collections import defaultdict
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from . import checkpoint, ggml
from .bank import Bank
from .batches import Batch, Batches, loader
from .network import Decoder, Network, fast_bfloat16
from .quantise import BLOCK
from .train import blank_network, renderer
from .vocabulary import START, Vocabulary, used_tokens
from .windows import Diet

LENGTHS = (256, 384, 512, 768, 1000, 1500, 1500, 1500, 1500)
DIET = Diet(cut_start=0.2, cut_end=0.4, short=0.3, silent=0.05, prompt=0.7, offset=0.05)
RATE = 4e-4
WARM_UP = 50
CLIP = 1.0


def plan(positions: int):
    """What a batch of so many encoder positions looks like; it depends on the step alone."""

    def of(step: int) -> tuple[int, int, Diet]:
        length = Random(step).choice(LENGTHS)
        return length, max(1, positions // length), DIET

    return of


class Rounded(nn.Module):
    """A matrix as the file will hold it; the gradient goes past the rounding."""

    def __init__(self, spared: Tensor | None):
        super().__init__()
        self.spared = spared

    def forward(self, weights: Tensor) -> Tensor:
        if self.spared is not None:
            weights = weights * self.spared
        return weights + (round_trip_q5_1(weights.detach()) - weights).detach()


def round_trip_q5_1(weights: Tensor) -> Tensor:
    """What `quantise.from_q5_1` makes of `quantise.to_q5_1`, on whatever device the weights are."""
    blocks = weights.float().reshape(-1, BLOCK)
    low, high = blocks.aminmax(dim=1, keepdim=True)
    scale = (high - low) / 31
    inverse = torch.where(scale != 0, 1 / scale, 0.0)
    levels = ((blocks - low) * inverse + 0.5).floor().clamp(0, 31)
    return (scale.half().float() * levels + low.half().float()).reshape(weights.shape)


def rounded(decoder: Decoder) -> Decoder:
    """The decoder, whose matrices are rounded whenever they are used; `settle` ends that."""
    for module, spared in _matrices(decoder):
        parametrize.register_parametrization(module, "weight", Rounded(spared))
    return decoder


def settle(decoder: Decoder) -> None:
    """Puts the rounded matrices in their places for good."""
    for module, _ in _matrices(decoder):
        parametrize.remove_parametrizations(module, "weight")


def _matrices(decoder: Decoder) -> list[tuple[nn.Module, Tensor | None]]:
    """What the file holds in blocks, with the columns that count where not all do."""
    linear = [(module, None) for module in decoder.modules() if isinstance(module, nn.Linear)]
    return [*linear, (decoder.token_embedding, decoder.spared)]


def without_prompts(batch: Batch, start_row: int) -> tuple[Tensor, Tensor]:
    """The batch's rows from the start token on, and where they predict what the batch predicts."""
    length = batch.inputs.shape[1]
    skipped = (batch.inputs == start_row).int().argmax(1)
    place = torch.arange(length, device=skipped.device) + skipped[:, None]
    inputs = batch.inputs.gather(1, place.clamp_max(length - 1))
    return inputs, batch.predicted - skipped[batch.predicted // length]


def likely(decoder: Decoder, rows: Tensor, memory: Tensor, places: Tensor) -> Tensor:
    """How likely each token is, as a logarithm, at these places of all rows: [places, tokens]."""
    states, _ = decoder(rows, memory)
    return decoder.logits(states.flatten(0, 1)[places]).float().log_softmax(-1)


class Distiller:
    """Teacher, student, and how far they are."""

    def __init__(self, source: Path, teacher: Path, state: Path, steps: int, device: torch.device, rate: float = RATE):
        self.path, self.steps, self.rate, self.device, self.step = state, steps, rate, device, 0
        self.vocabulary = Vocabulary(used_tokens())
        self.network, self.teacher = self._loaded(source), self._loaded(teacher)
        self.teacher.requires_grad_(False)
        self.network.encoder.requires_grad_(False)
        self.student = rounded(self.network.decoder)
        self.optimiser = torch.optim.AdamW(self.student.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.0)
        self.began_with = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (source, teacher)]
        kept = checkpoint.load(state) if state.exists() else None
        if kept and kept["began_with"] == self.began_with:
            self.step = kept["step"]
            self.network.load_state_dict(kept["network"])
            self.optimiser.load_state_dict(kept["optimiser"])

    def _loaded(self, source: Path) -> Network:
        network = blank_network(self.vocabulary)
        ggml.load_weights(source, network, self.vocabulary)
        return network.to(self.device).eval()

    def save(self) -> None:
        checkpoint.save(
            self.path,
            {
                "began_with": self.began_with,
                "step": self.step,
                "network": self.network.state_dict(),
                "optimiser": self.optimiser.state_dict(),
            },
        )

    def train_step(self, mel: Tensor, batch: Batch) -> dict[str, Tensor]:
        factor = min(1.0, (self.step + 1) / WARM_UP) * (1 + math.cos(math.pi * self.step / self.steps)) / 2
        self.optimiser.param_groups[0]["lr"] = self.rate * factor
        with torch.autocast(self.device.type, torch.bfloat16, enabled=fast_bfloat16(self.device)):
            inputs, places = without_prompts(batch, self.vocabulary.row_of[START])
            with torch.no_grad():
                memory = self.teacher.encoder(mel, batch.offset)
                wanted = likely(self.teacher.decoder, inputs, memory, places)
            with parametrize.cached():
                said = likely(self.student, batch.inputs, memory, batch.predicted)
        each = F.kl_div(said, wanted, reduction="none", log_target=True).sum(-1)
        each.mean().backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), CLIP)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        return self._progress(batch, places, each.detach(), said.detach(), wanted)

    @staticmethod
    def _progress(batch: Batch, places: Tensor, each: Tensor, said: Tensor, wanted: Tensor) -> dict[str, Tensor]:
        prompted, same = batch.predicted != places, said.argmax(-1) == wanted.argmax(-1)
        kinds = (("prompted", prompted), ("bare", ~prompted))
        parts = {f"{name} {what}": values[of] for name, of in kinds for what, values in (("away", each), ("same", same.float()))}
        parts["right"] = (said.argmax(-1) == batch.targets).float()
        parts["taught right"] = (wanted.argmax(-1) == batch.targets).float()
        return parts


def run(distiller: Distiller, bank: Path, positions: int, workers: int, report: int, save_seconds: float, seed: int) -> None:
    """Goes on until the steps are done, or a polite signal comes; saves where it is."""
    batches = Batches(bank, distiller.vocabulary, plan(positions), distiller.step, seed)
    sound = renderer(Bank(bank), distiller.device, seed + distiller.step)
    stopping: list[int] = []
    parts: dict[str, list[Tensor]] = defaultdict(list)
    started = saved = time.monotonic()
    stream = iter(loader(batches, workers))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stopping.append(got))
    while distiller.step < distiller.steps and not stopping:
        batch = next(stream)
        for name, values in distiller.train_step(sound.mel(batch.sound), batch.to(distiller.device)).items():
            parts[name].append(values)
        if distiller.step % report == 0:
            told = "  ".join(f"{name} {torch.cat(values).mean().item():.4f}" for name, values in parts.items())
            print(f"step {distiller.step}  {time.monotonic() - started:.0f} s  {told}", flush=True)
            parts.clear()
        if time.monotonic() - saved > save_seconds:
            distiller.save()
            saved = time.monotonic()
    distiller.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, metavar="FROM", help="the model file to start from")
    parser.add_argument("target", type=Path, metavar="TO", help="the model file to write")
    parser.add_argument("--teacher", type=Path, help="a model file with the same encoder, if the teacher is another")
    parser.add_argument("--bank", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True, help="where a stopped run goes on, if it began with the same files")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--rate", type=float, default=RATE, help="of learning, at its highest")
    parser.add_argument("--positions", type=int, help="encoder positions in a batch")
    parser.add_argument("--report", type=int, default=25)
    parser.add_argument("--save-seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=2)
    arguments = parser.parse_args()
    gpu = torch.cuda.is_available()
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    torch.set_flush_denormal(True)
    positions = arguments.positions or (96_000 if gpu else 9_000)
    workers = max(1, (os.cpu_count() or 1) * 3 // 4) if gpu else 1
    device = torch.device("cuda" if gpu else "cpu")
    distiller = Distiller(arguments.source, arguments.teacher or arguments.source, arguments.state, arguments.steps, device, arguments.rate)
    run(distiller, arguments.bank, positions, workers, arguments.report, arguments.save_seconds, arguments.seed)
    if distiller.step < distiller.steps:
        raise SystemExit(f"stopped at step {distiller.step}; started again it goes on there")
    settle(distiller.student)
    ggml.write(arguments.target, distiller.network, distiller.vocabulary)
    print(f"step {distiller.step}: {ggml.described(arguments.target)}")


if __name__ == "__main__":
    main()
