"""The way from a mouth to a file, as numbers: room, microphone, band, level, clipping, noise.

Drawn here for each window, one by one and cheaply; `render.py` does to the
sound of a whole batch what they say.
"""

from dataclasses import dataclass, field
from random import Random

from scipy.signal import butter, sosfilt

from .noise import KINDS, NOTHING_SAID, POOL_SECONDS

RATE = 16_000
TONES = 8  # control points of the microphone's response, evenly spaced in mel
WARPS = 9  # lengths of the vocal tract, of which the middle one changes nothing


@dataclass(frozen=True)
class Wear:
    """How often each thing happens to a window."""

    noise: float = 0.55
    room: float = 0.25
    band: float = 0.2
    microphone: float = 0.5
    throat: float = 0.5
    clip: float = 0.06


@dataclass
class Noise:
    """A stretch of the pool: which noise, from which sample, how loud."""

    kind: int = 0
    place: int = 0
    level: float = 0.0

    @classmethod
    def drawn(cls, random: Random, level: float, kinds: int = KINDS) -> "Noise":
        return cls(random.randrange(kinds), random.randrange(POOL_SECONDS * RATE), level)


@dataclass
class Channel:
    """What happens to one window, in this order."""

    response: list[float] = field(default_factory=lambda: [0.0] * TONES)  # dB
    decay: float = 0.0  # seconds of the room's tail; 0: no room
    gap: float = 0.0  # seconds until the tail begins
    strength: float = 0.0  # of the tail, beside the direct sound
    noise: Noise = field(default_factory=Noise)  # relative to the speech
    low: float = 0.0  # Hz that pass; high 0: all do
    high: float = 0.0
    peak: float = 0.0  # what the loudest sample becomes; 0: it stays
    ceiling: float = 1.0  # of the loudest sample; what is above is clipped
    floor: tuple[Noise, Noise] = field(default_factory=lambda: (Noise(), Noise()))  # absolute
    warp: int = WARPS // 2


def drawn(random: Random, how: Wear) -> Channel:
    """What a recording of speech goes through."""
    channel = Channel(peak=10 ** (random.uniform(-30, -0.5) / 20))
    if random.random() < how.microphone:
        tilt = random.gauss(0, 4)
        channel.response = [tilt * (2 * i / (TONES - 1) - 1) + random.gauss(0, 2.5) for i in range(TONES)]
    if random.random() < how.room:
        channel.decay, channel.gap, channel.strength = random.uniform(0.08, 0.5), random.uniform(0.002, 0.01), random.uniform(0.2, 1.2)
    if random.random() < how.noise:
        channel.noise = Noise.drawn(random, 10 ** (-random.uniform(6, 40) / 20))
    if random.random() < how.band:
        channel.low, channel.high = (300.0, 3400.0) if random.random() < 0.5 else (0.0, random.uniform(2500, 7000))
    if random.random() < how.clip:
        channel.ceiling = random.uniform(0.15, 0.6)
    if random.random() < how.throat:
        channel.warp = random.randrange(WARPS)
    if random.random() < 0.5:
        channel.floor = (Noise.drawn(random, 10 ** random.uniform(-5, -3.5)), Noise())
    return channel


def without_speech(random: Random) -> Channel:
    """What a recording holds in which nobody speaks: a noise, two, or nothing at all."""
    kind, level = random.random(), 10 ** random.uniform(-4.5, -0.7)
    first = Noise.drawn(random, 0.3 * level if kind > 0.1 else 0.0, NOTHING_SAID)
    second = Noise.drawn(random, level * random.uniform(0, 0.5) if kind > 0.6 else 0.0, NOTHING_SAID)
    return Channel(floor=(first, second))


def telephone(signal):
    """The band of a telephone line, for the evaluation's recordings."""
    return sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), signal).astype("float32")
