"""The bank: sentences spoken once, kept on disk, composed anew each time they are used.

A shard is `NAME.s16` (16 kHz samples, one utterance after another) beside
`NAME.json` (for each: text, voice, place, word times).  Shard k
depends on the seed and k alone, so a bank can grow while a trainer reads it,
and several processes can fill it.
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from .sound.codecs import through_codec
from .speech import voices
from .speech.espeak import Espeak
from .speech.festival import Festival
from .speech.flite import Flite
from .speech.utterance import RATE, Utterance
from .texts import Texts
from .verbalise import spoken

SHARD = 400
LONGEST = 12.0
CODED_SHARE = 0.2


class Speakers:
    """All three synthesisers; festival speaks in batches, the others at once."""

    def __init__(self, lively: bool = False) -> None:
        self.espeak, self.flite, self.festival = Espeak(), Flite(), Festival(lively)

    def say_all(self, requests: list[tuple[str, str, str]], random: Random) -> list[Utterance]:
        """Speak (family, voice, text) triples."""
        said: list[Utterance | None] = [None] * len(requests)
        batches: dict[str, list[int]] = {}
        for i, (family, voice, text) in enumerate(requests):
            words = [aloud for _, aloud in spoken(text)]
            if family == "espeak":
                said[i] = self.espeak.say(words, voice, random)
            elif family == "flite":
                said[i] = self.flite.say(words, voice, random)
            else:
                batches.setdefault(voice, []).append(i)
        for voice, members in sorted(batches.items()):
            sentences = [[aloud for _, aloud in spoken(requests[i][2])] for i in members]
            for i, utterance in zip(members, self.festival.say_all(sentences, voice, random), strict=True):
                said[i] = utterance
        return said


def make_shard(folder: Path, number: int, seed: int, speakers: Speakers, texts: Texts, size: int = SHARD) -> None:
    random = Random(f"{seed} {number}")
    texts.random = random
    requests, kinds = [], []
    for _ in range(size):
        kind, text = texts.draw()
        family = voices.family(random, voices.TAUGHT)
        requests.append((family, voices.voice(family, random), text))
        kinds.append(kind)
    said = speakers.say_all(requests, random)
    index, samples, place = [], [], 0
    for (family, voice, text), kind, utterance in zip(requests, kinds, said, strict=True):
        if not 0.2 < utterance.end < LONGEST:
            continue
        index.append(
            {
                "text": text,
                "kind": kind,
                "voice": f"{family}/{voice}",
                "place": place,
                "length": len(utterance.samples),
                "starts": utterance.starts,
                "end": round(utterance.end, 3),
            }
        )
        samples.append(utterance.samples)
        place += len(utterance.samples)
    coded = random.sample(range(len(index)), int(len(index) * CODED_SHARE))
    through_codec(samples, coded)
    stem = folder / f"{number:05d}"
    _replace(stem.with_suffix(".s16"), np.concatenate(samples).tobytes())
    _replace(stem.with_suffix(".json"), json.dumps(index).encode())


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.rename(path)


@dataclass
class Entry:
    """One utterance of the bank; `place` is its first sample in its shard and `length` how many it has."""

    text: str
    kind: str
    voice: str
    starts: list[float]
    end: float
    shard: int
    place: int
    length: int


class Bank:
    """Reads the shards that are there; `refresh` sees those that came later."""

    def __init__(self, folder: Path, wanted: Callable[[str], bool] = lambda text: True):
        self.folder, self.wanted = folder, wanted
        self.entries: list[Entry] = []
        self.by_voice: dict[str, list[int]] = {}
        self._seen: set[str] = set()
        self.refresh()

    def refresh(self) -> None:
        for path in sorted(self.folder.glob("*.json")):
            if path.stem in self._seen:
                continue
            self._seen.add(path.stem)
            for item in json.loads(path.read_text()):
                if not self.wanted(item["text"]):
                    continue
                self.by_voice.setdefault(item["voice"], []).append(len(self.entries))
                self.entries.append(Entry(shard=int(path.stem), **item))

    def samples(self, shard: int) -> np.ndarray:
        """All of a shard's, still on disk."""
        return np.memmap(self.folder / f"{shard:05d}.s16", np.int16, "r")

    def clip(self, entry: Entry) -> np.ndarray:
        return self.samples(entry.shard)[entry.place : entry.place + entry.length]

    @property
    def hours(self) -> float:
        return sum(e.length for e in self.entries) / RATE / 3600


def main() -> None:
    from .testsets import forbidden_texts

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shards", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1, help="with --first: which shards this process makes")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    speakers, texts = Speakers(lively=True), Texts(Random(arguments.seed), forbidden_texts())
    for number in range(arguments.first, arguments.shards, arguments.step):
        if not (arguments.folder / f"{number:05d}.json").exists():
            make_shard(arguments.folder, number, arguments.seed, speakers, texts)
            print(f"shard {number + 1} of {arguments.shards}", flush=True)


if __name__ == "__main__":
    main()
