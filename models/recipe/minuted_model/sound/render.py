"""From plans to spectrograms: a whole batch at once, on the device that trains.

A plan says which stretches of the bank are heard when, and what happens to
them on their way (`channel.py`).  A processor takes some 50 ms for half a
minute of it, a GPU some 0.2 ms, which is what lets it train on everything
that a few minutes can hold.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import torch
from scipy.fft import next_fast_len
from torch import Tensor

from .channel import RATE, TONES, WARPS, Channel
from .mel import log_mel, warped

LONGEST_TAIL = RATE // 2
WIDEST = 1.18
FULL_SCALE = 32_768


@dataclass
class Piece:
    """A stretch of the bank: `source` is its first sample there, `start` its place in the window (before it, if negative)."""

    shard: int
    source: int
    samples: int
    start: int
    speed: float
    level: float

    @property
    def stop(self) -> int:
        """Where it ends in the window, by its own speed."""
        return self.start + int((self.samples - 2) / self.speed)


@dataclass
class Plan:
    """The sound of one window, of which the first `content` samples hold anything."""

    pieces: list[Piece]
    content: int
    channel: Channel


@dataclass
class Plans:
    """The plans of a batch as tensors: pieces are [windows, most pieces], all else [windows, ...]."""

    length: int
    shards: list[int]  # that are heard in it
    shard: Tensor
    source: Tensor
    start: Tensor
    stop: Tensor
    speed: Tensor
    level: Tensor
    content: Tensor
    numbers: Tensor  # of the channel, in the order of `NUMBERS`
    response: Tensor
    noises: Tensor  # kind and place of the one over the speech and of the two below everything
    rooms: Tensor  # the windows that are in one
    bands: Tensor  # the windows of which not every tone passes

    def to(self, device: torch.device) -> "Plans":
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> "Plans":
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Plans":
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: change(value) for name, value in values.items() if isinstance(value, Tensor)})


NUMBERS = ("decay", "gap", "strength", "noise", "low", "high", "peak", "ceiling", "floor", "second_floor", "warp")


def collate(plans: list[Plan], length: int) -> Plans:
    most = max(1, max(len(p.pieces) for p in plans))
    shards = sorted({piece.shard for plan in plans for piece in plan.pieces})
    whole, exact = np.zeros((4, len(plans), most), np.int64), np.ones((2, len(plans), most), np.float64)
    whole[2:] = length
    for i, plan in enumerate(plans):
        for j, piece in enumerate(plan.pieces):
            whole[:, i, j] = shards.index(piece.shard), piece.source, piece.start, piece.stop
            exact[:, i, j] = piece.speed, piece.level
    channels = [p.channel for p in plans]
    numbers = [
        (c.decay, c.gap, c.strength, c.noise.level, c.low, c.high, c.peak, c.ceiling, c.floor[0].level, c.floor[1].level, c.warp) for c in channels
    ]
    return Plans(
        length,
        shards,
        *map(torch.from_numpy, (*whole, *exact)),
        torch.tensor([p.content for p in plans]),
        torch.tensor(numbers, dtype=torch.float32),
        torch.tensor([c.response for c in channels], dtype=torch.float32),
        torch.tensor([[astuple(n)[:2] for n in (c.noise, *c.floor)] for c in channels]),
        torch.tensor([i for i, c in enumerate(channels) if c.decay], dtype=torch.long),
        torch.tensor([i for i, c in enumerate(channels) if c.high], dtype=torch.long),
    )


class Store:
    """The bank's samples on the device; a shard is fetched when a plan first asks for it."""

    def __init__(self, samples_of, device: torch.device):
        self.samples_of, self.device = samples_of, device
        self.samples = torch.zeros(0, dtype=torch.int16, device=device)
        self.used, self.place_of = 0, {}

    def places(self, shards: list[int]) -> Tensor:
        """Where each of the shards begins in `samples`."""
        for shard in shards:
            if shard not in self.place_of:
                self._take(shard)
        return torch.tensor([self.place_of[shard] for shard in shards] or [0], device=self.device)

    def _take(self, shard: int) -> None:
        fresh = torch.from_numpy(np.array(self.samples_of(shard)))
        if self.used + len(fresh) > len(self.samples):
            grown = torch.zeros(2 * (self.used + len(fresh)), dtype=torch.int16, device=self.device)
            grown[: self.used] = self.samples[: self.used]
            self.samples = grown
        self.samples[self.used : self.used + len(fresh)] = fresh.to(self.device)
        self.place_of[shard] = self.used
        self.used += len(fresh)


class Renderer:
    def __init__(self, store: Store, pool: np.ndarray, device: torch.device, seed: int):
        self.store, self.device = store, device
        self.pool = torch.from_numpy(pool).to(device)
        self.banks = warped(WARPS, WIDEST).to(device)
        self.generator = torch.Generator(device).manual_seed(seed)

    @torch.no_grad()
    def mel(self, plans: Plans) -> Tensor:
        """[windows, bands, frames]."""
        places = self.store.places(plans.shards)
        plans = plans.to(self.device)
        is_ = {name: plans.numbers[:, i, None] for i, name in enumerate(NUMBERS)}
        time = torch.arange(plans.length, device=self.device)
        inside = time < plans.content[:, None]
        sound = self._assembled(plans, places, time)
        power = (sound.square().sum(1, keepdim=True) / plans.content[:, None]).sqrt()
        sound = self._through_room(sound, plans, is_)
        sound = sound + self._noise(plans, 0, time) * (power * is_["noise"])
        if len(plans.bands):
            sound = sound.index_copy(0, plans.bands, self._banded(sound[plans.bands], plans, is_))
        sound = sound * inside
        loudest = sound.abs().amax(1, keepdim=True)
        sound = sound * torch.where(is_["peak"] > 0, is_["peak"] / (loudest + 1e-9), 1.0)
        ceiling = is_["ceiling"] * torch.where(is_["peak"] > 0, is_["peak"], 1.0)
        sound = torch.clamp(sound, -ceiling, ceiling)
        for number, level in ((1, "floor"), (2, "second_floor")):
            sound = sound + self._noise(plans, number, time) * is_[level]
        sound = torch.clamp(sound * inside, -1, 1)
        return log_mel(sound, self.banks[plans.numbers[:, NUMBERS.index("warp")].long()])

    def _assembled(self, plans: Plans, places: Tensor, time: Tensor) -> Tensor:
        """Each sample of a window belongs to one piece, read between two of the bank's."""
        piece = torch.searchsorted(plans.start, time.expand(len(plans.start), -1).contiguous(), right=True).sub_(1).clamp_min_(0)
        of = lambda values: values.gather(1, piece)  # noqa: E731
        since = time - of(plans.start)
        place = since * of(plans.speed)
        heard = (since >= 0) & (time < of(plans.stop))
        before = torch.where(heard, place, 0.0).floor()
        index = (of(plans.source + places[plans.shard]) + before.long()).clamp_(0, max(0, len(self.store.samples) - 2))
        if not len(self.store.samples):
            return torch.zeros(heard.shape, device=self.device)
        left, right = self.store.samples[index].float(), self.store.samples[index + 1].float()
        return torch.where(heard, (left + (right - left) * (place - before).float()) * of(plans.level).float(), 0.0) / FULL_SCALE

    def _noise(self, plans: Plans, number: int, time: Tensor) -> Tensor:
        kind, place = plans.noises[:, number, :1], plans.noises[:, number, 1:]
        return self.pool[kind, (place + time) % self.pool.shape[1]]

    def _through_room(self, sound: Tensor, plans: Plans, is_: dict[str, Tensor]) -> Tensor:
        size = next_fast_len(plans.length + LONGEST_TAIL, real=True)
        spectrum = torch.fft.rfft(sound, size)
        spectrum *= self._response(plans.response, spectrum.shape[1])
        if len(plans.rooms):
            tail = self._tails(*(is_[name][plans.rooms] for name in ("decay", "gap", "strength")))
            spectrum = spectrum.index_copy(0, plans.rooms, spectrum[plans.rooms] * torch.fft.rfft(tail, size))
        return torch.fft.irfft(spectrum, size)[:, : plans.length]

    def _response(self, decibels: Tensor, size: int) -> Tensor:
        """Gains at evenly spaced frequencies, from those at evenly spaced mels."""
        mel = lambda hertz: 2595 * torch.log10(1 + hertz / 700)  # noqa: E731
        place = mel(torch.linspace(0, RATE / 2, size, device=self.device)) / mel(torch.tensor(RATE / 2)) * (TONES - 1)
        left = place.long().clamp_max(TONES - 2)
        between = decibels[:, left] + (decibels[:, left + 1] - decibels[:, left]) * (place - left)
        return 10 ** (between / 20)

    def _tails(self, decay: Tensor, gap: Tensor, strength: Tensor) -> Tensor:
        """A direct sound and a decaying tail of noise."""
        time = torch.arange(LONGEST_TAIL, device=self.device) / RATE
        tail = torch.randn(len(decay), LONGEST_TAIL, generator=self.generator, device=self.device)
        tail = tail * torch.exp(-6.9 * time / decay) * ((time >= gap) & (time < decay))
        tail = tail * strength / (tail.norm(dim=1, keepdim=True) + 1e-9)
        tail[:, 0] = 1.0
        return tail

    def _banded(self, sound: Tensor, plans: Plans, is_: dict[str, Tensor]) -> Tensor:
        """Butterworth's response of the fourth order at both ends, without its delay."""
        size = next_fast_len(plans.length, real=True)
        frequency = torch.linspace(0, RATE / 2, size // 2 + 1, device=self.device)
        gain = (1 + (frequency / is_["high"][plans.bands]) ** 8).rsqrt()
        gain = gain * (1 + (is_["low"][plans.bands] / frequency.clamp_min(1.0)) ** 8).rsqrt()
        return torch.fft.irfft(torch.fft.rfft(sound, size) * gain, size)[:, : plans.length]


