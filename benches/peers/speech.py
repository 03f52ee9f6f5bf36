"""Recordings for the tables, spoken by synthesisers that know when each word is said.

The same seed gives the same recording: a meeting of four voices with natural pauses, the same voices without pauses, and
minutes in which nobody speaks.
"""

import json
import wave
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
from minuted_model.sound.noise import coloured, tone
from minuted_model.speech.espeak import Espeak
from minuted_model.speech.flite import Flite
from minuted_model.speech.utterance import Utterance
from minuted_model.texts import Texts
from minuted_model.verbalise import spoken

RATE = 16_000
SPEAKERS = (("flite", "slt"), ("espeak", "en-us+m3"), ("flite", "rms"), ("espeak", "en-gb-x-rp+f2"))
ROOM = 1e-4  # the room's own noise, of full scale
FRAME = RATE // 100
PAUSE = 4  # frames of silence that do not belong to a word: a stop before a vowel has fewer
SILENT = 10**-3.5  # of the energy of a word's loudest frame


@dataclass
class Said:
    """A word and when it was said, in seconds."""

    word: str
    start: float
    end: float


def meeting(seconds: float, seed: int) -> tuple[np.ndarray, list[Said]]:
    """People in turn: a breath between sentences, now and then a while in which somebody looks something up."""
    random = Random(seed)

    def pause() -> float:
        return random.uniform(3.0, 12.0) if random.random() < 0.05 else random.lognormvariate(-0.5, 0.6)

    return _speak(seconds, random, pause)


def monologue(seconds: float, seed: int) -> tuple[np.ndarray, list[Said]]:
    """The same voices, one sentence on the heels of the other."""
    random = Random(seed)
    return _speak(seconds, random, lambda: random.uniform(0.02, 0.15))


def nothing(seconds: float, seed: int) -> np.ndarray:
    """Equal parts of digital silence, a quiet room, hiss, steady or interrupted tones, and chords as of music."""
    generator = np.random.default_rng(seed)
    part = int(seconds * RATE / 5)
    sounds = [
        np.zeros(part),
        ROOM * generator.standard_normal(part),
        0.05 * coloured(generator, part, 1.0),
        0.1 * tone(generator, part),
        0.1 * _music(generator, part),
    ]
    return np.concatenate(sounds).astype(np.float32)


def _music(generator: np.random.Generator, length: int) -> np.ndarray:
    """Three voices of plucked notes with overtones, two a second."""
    beat = RATE // 2
    time = np.arange(beat) / RATE
    music = np.zeros(-(-length // beat) * beat)
    for place in range(0, length, beat):
        for step in generator.choice([0, 2, 4, 5, 7, 9, 11, 12], 3):
            pitch = 220 * 2 ** (step / 12)
            overtones = sum(np.sin(2 * np.pi * pitch * k * time) / k**2 for k in range(1, 6))
            music[place : place + beat] += overtones * np.exp(-3 * time)
    return music[:length]


def _speak(seconds: float, random: Random, pause) -> tuple[np.ndarray, list[Said]]:
    synthesisers = {"flite": Flite(), "espeak": Espeak()}
    texts = Texts(random)
    samples = (ROOM * np.random.default_rng(1).standard_normal(int(seconds * RATE))).astype(np.float32)
    truth: list[Said] = []
    place, speaker = 0.5, 0
    while True:
        if random.random() < 0.4:
            speaker = random.randrange(len(SPEAKERS))
        family, voice = SPEAKERS[speaker]
        words = _sentence(texts)
        said = synthesisers[family].say([aloud for _, aloud in spoken(" ".join(words))], voice, random)
        if place + said.end + 0.5 > seconds:
            return samples, truth
        first = int(place * RATE)
        clip = samples[first : first + len(said.samples)]
        clip += said.samples[: len(clip)].astype(np.float32) * (0.5 / max(1, np.abs(said.samples).max()))
        ends = _ends(said)
        truth += [Said(w, round(place + s, 3), round(place + e, 3)) for w, s, e in zip(words, said.starts, ends, strict=True)]
        place += said.end + pause()


def _ends(said: Utterance) -> list[float]:
    """Where each word can be heard no more: not every synthesiser tells, and a comma's pause belongs to no word."""
    ends = []
    for start, after in zip(said.starts, [*said.starts[1:], said.end], strict=True):
        sound = said.samples[int(start * RATE) : int(after * RATE)].astype(np.float32)
        energy = np.square(sound[: len(sound) // FRAME * FRAME]).reshape(-1, FRAME).mean(axis=1)
        heard = np.flatnonzero(energy > energy.max(initial=0) * SILENT)
        quiet = len(energy) - heard[-1] - 1 if len(heard) else 0
        ends.append(after - quiet * FRAME / RATE if quiet >= PAUSE else after)
    return ends


def _sentence(texts: Texts) -> list[str]:
    """Words as they are spelt: figures and abbreviations would be a test of spelling."""
    while True:
        words = texts.draw("meetings")[1].split()
        cores = [word.strip(".,?!").replace("'", "") for word in words]
        if len(words) > 3 and all(core.isalpha() and not (core.isupper() and len(core) > 1) for core in cores):
            return words


def write(path: Path, samples: np.ndarray) -> None:
    """16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def recording(cache: Path, kind: str, seconds: float, seed: int = 1) -> tuple[Path, list[Said]]:
    """A recording of a kind, `meeting`, `monologue` or `nothing`, made once."""
    path = cache / f"{kind}-{seconds:.0f}-{seed}.wav"
    notes = path.with_suffix(".json")
    if not notes.exists():
        made = {"meeting": meeting, "monologue": monologue, "nothing": lambda s, n: (nothing(s, n), [])}[kind](seconds, seed)
        write(path, made[0])
        notes.write_text(json.dumps([asdict(said) for said in made[1]]))
    return path, [Said(**said) for said in json.loads(notes.read_text())]
