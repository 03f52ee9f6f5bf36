"""The evaluation's recordings: text drawn from seeds that training never uses, spoken and worn."""

from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np

from .sound.channel import RATE, telephone
from .sound.codecs import encode_and_decode
from .sound.noise import clicks, coloured, hum, tone
from .speech import voices
from .texts import Texts, written

SEED = 20_000
SETS = 8
LONG_SEEDS, LONG_COUNT, LONGEST_TEXT = (6, 7), 6, 70


@dataclass
class Recording:
    """Samples in [-1, 1] and what is said in them, sentence by sentence with times in seconds."""

    samples: np.ndarray
    sentences: list[tuple[str, float, float]]

    @property
    def text(self) -> str:
        return " ".join(text for text, _, _ in self.sentences)


@cache
def _common(kind: str) -> frozenset[str]:
    """Sentences that a template gives again and again: training must keep them, so no test may hold them."""
    texts = Texts(Random(SEED - 1))
    return frozenset(texts.draw(kind)[1] for _ in range(4000))


@cache
def drawn(kind: str, count: int, seed: int) -> tuple[str, ...]:
    """Sentences of a kind that an independent draw did not give."""
    texts = Texts(Random(SEED + seed))
    found: list[str] = []
    while len(found) < count:
        text = texts.draw(kind)[1]
        if 5 <= len(text.split()) <= 18 and text not in found and text not in _common(kind):
            found.append(text)
    return tuple(found)


def _long_text(seed: int, number: int) -> tuple[str, ...]:
    return drawn("meetings", LONGEST_TEXT, 100 + 10 * seed + number)


def forbidden_texts() -> frozenset[str]:
    """What no training sentence may equal."""
    short = (t for kind in ("meetings", "salad") for seed in range(SETS) for t in drawn(kind, 60, seed))
    long = (t for seed in LONG_SEEDS for number in range(LONG_COUNT) for t in _long_text(seed, number))
    return frozenset(short) | frozenset(long) | frozenset(written(held_out=True))


def short_recordings(
    speakers, kind: str, count: int, seed: int, family: str | None = None, unseen: bool = False, channel: str = ""
) -> list[Recording]:
    """One sentence each, with a little silence around it."""
    random, generator = Random(SEED + seed), np.random.default_rng(SEED + seed)
    texts = written(held_out=True)[:count] if kind == "natural" else list(drawn(kind, 60, seed)[:count])
    chosen = [(f := family or voices.family(random), voices.voice(f, random, unseen), text) for text in texts]
    recordings = []
    for text, said in zip(texts, speakers.say_all(chosen, random), strict=True):
        lead, tail = random.uniform(0.05, 0.4), random.uniform(0.1, 0.6)
        samples = np.concatenate([np.zeros(int(lead * RATE)), said.samples / 32768, np.zeros(int(tail * RATE))])
        samples = _through(samples.astype(np.float32), channel, generator)
        recordings.append(Recording(samples, [(text, lead, lead + said.end)]))
    return recordings


def _through(samples: np.ndarray, channel: str, generator: np.random.Generator) -> np.ndarray:
    if channel == "noise":
        power = np.sqrt(np.mean(samples**2))
        noise = coloured(generator, len(samples), float(generator.choice([0.0, 1.0, 2.0])))
        return samples + noise * np.float32(power * 10 ** (-15 / 20))
    if channel == "telephone":
        return telephone(samples)
    if channel == "opus":
        coded = encode_and_decode((samples * 32767).astype(np.int16), "opus", ["-c:a", "libopus", "-b:a", "16k"])
        return coded.astype(np.float32) / 32768
    return samples


def long_recordings(speakers, count: int, seconds: float, seed: int) -> list[Recording]:
    """Sentences of two seen voices in turn until `seconds` are full, with pauses, in a faint noise."""
    random, generator = Random(SEED + seed), np.random.default_rng(SEED + seed)
    recordings = []
    for number in range(count):
        family_a, family_b = voices.family(random), voices.family(random)
        pair = [(family_a, voices.voice(family_a, random)), (family_b, voices.voice(family_b, random))]
        sentences = _long_text(seed, number)
        said = iter(speakers.say_all([(*pair[(i // 3) % 2], t) for i, t in enumerate(sentences[: int(seconds / 1.8)])], random))
        samples, told = 1e-4 * generator.standard_normal(int(seconds * RATE)).astype(np.float32), []
        place = 0.2
        for text, utterance in zip(sentences, said, strict=False):
            if place + utterance.end > seconds:
                break
            begin = int(place * RATE)
            clip = utterance.samples[: len(samples) - begin] / np.float32(32768)
            samples[begin : begin + len(clip)] += clip
            told.append((text, place, place + utterance.end))
            place += utterance.end + random.uniform(0.3, 1.0)
        recordings.append(Recording(samples, told))
    return recordings


def nothing_said(count: int) -> list[Recording]:
    """Half-minutes in which nobody speaks."""
    generator = np.random.default_rng(SEED)
    length = 30 * RATE
    recordings = []
    for number in range(count):
        level = np.float32(10 ** generator.uniform(-4, -1))
        sources = (
            lambda: np.zeros(length, np.float32),
            lambda: coloured(generator, length, 0.0) * level,
            lambda: coloured(generator, length, 1.0) * level,
            lambda: hum(generator, length) * level,
            lambda: tone(generator, length) * level,
            lambda: clicks(generator, length) * level,
        )
        recordings.append(Recording(np.clip(sources[number % len(sources)](), -1, 1).astype(np.float32), []))
    return recordings
