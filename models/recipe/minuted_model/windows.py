"""Composes training windows from the bank, each as a recording might sound and as Whisper would label it.

A window holds sentences of one voice or two with pauses between; it may begin
or end in mid-word, hold nothing but noise, carry a prompt, or be labelled
without timestamps.  Conventions, all Whisper's:

* a sentence cut by the window's end, with others before it, is labelled by its
  start time alone: the next window will begin there;
* a sentence cut by the window's start keeps the words that are mostly heard;
* nothing said is labelled first timestamp, the empty token, last timestamp.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np

from .bank import Bank, Entry
from .sound.channel import RATE, Wear, drawn, without_speech
from .sound.render import Piece, Plan
from .speech.pronunciation import Pronouncer
from .vocabulary import END, FIRST_TIMESTAMP, NO_TIMESTAMPS, NOTHING, PREVIOUS, START, Vocabulary, phonemes, word_tokens

POSITION = 0.02  # seconds of sound for one encoder position
PROMPT_LIMIT = 223
POSITIONS = 448  # of the decoder
SHORTEST = 2 * RATE  # of the sound in a window that is filled up with silence


@dataclass(frozen=True)
class Diet:
    """How often a window has each property."""

    cut_start: float = 0.1
    cut_end: float = 0.1
    short: float = 0.3
    silent: float = 0.03
    prompt: float = 0.1
    no_timestamps: float = 0.2
    offset: float = 0.0
    wear: Wear = field(default_factory=Wear)


@dataclass
class Heard:
    """The words of one sentence that a window holds, and where (seconds)."""

    before: list[str]  # the words that were said before the window began
    words: list[str]
    starts: list[float]
    end: float
    cut_end: bool
    start: float

    @property
    def timed(self) -> Iterator[tuple[str, float, float]]:
        """Each word with its start and end; a sentence of which no word is left has an end all the same."""
        return zip(self.words, self.starts, [*self.starts[1:], self.end], strict=False)


@dataclass
class Window:
    sound: Plan
    tokens: list[int]  # prompt, start, labels, end
    spans: list[tuple[float, float] | None]  # where each token is heard
    label_from: int  # the first token that is predicted
    phonemes: list[int]
    frames: np.ndarray  # the phoneme at each encoder position, roughly; 0 where nobody speaks
    silent: bool
    offset: int


class Composer:
    def __init__(self, bank: Bank, vocabulary: Vocabulary, seed: int):
        self.bank, self.vocabulary = bank, vocabulary
        self.random = Random(seed)
        self.pronouncer = Pronouncer()

    def window(self, positions: int, diet: Diet) -> Window:
        length = positions * RATE // 50
        random = self.random
        if random.random() < diet.silent:
            return self._silence(length, positions)
        content = length if random.random() >= diet.short else random.randint(min(SHORTEST, length), length)
        heard: list[Heard] = []
        while not heard:
            heard, pieces = self._fill(content, diet)
        offset = random.randrange(1500 - positions + 1) if random.random() < diet.offset else 0
        timestamps = random.random() >= diet.no_timestamps
        tokens, spans = self._label(heard, timestamps, offset, content == length)
        prompt = self._prompt(heard[0].before, POSITIONS + 1 - len(tokens)) if random.random() < diet.prompt else []
        sound = Plan(pieces, content, drawn(random, diet.wear))
        return Window(sound, prompt + tokens, [None] * len(prompt) + spans, len(prompt) + 1, *self._spelled(heard, positions), False, offset)

    def _sentences(self) -> Iterator[Entry]:
        """Entries without end, none twice while its voice has others: of one voice, of two in turn, or of any."""
        entries, by_voice = self.bank.entries, self.bank.by_voice
        kind, voices, used = self.random.random(), [self.random.choice(entries).voice for _ in range(2)], set()
        while True:
            place = self.random.randrange(len(entries))
            if kind < 0.85:
                mine = self.random.choice(by_voice[voices[0] if kind < 0.6 else self.random.choice(voices)])
                place = place if mine in used else mine
            used.add(place)
            yield entries[place]

    def _fill(self, length: int, diet: Diet) -> tuple[list[Heard], list[Piece]]:
        """Lay sentences into so many samples; whole ones, but for the first and last if the diet cuts them."""
        random = self.random
        heard, pieces = [], []
        cut_end = random.random() < diet.cut_end
        cut_start = random.uniform(0.05, 0.8) if random.random() < diet.cut_start else 0.0
        place = int(RATE * random.choice((0.0, random.uniform(0, 0.3), random.uniform(0, 1.2))))
        speed, level = random.uniform(0.87, 1.15), 1.0
        for number, entry in enumerate(self._sentences()):
            if number and random.random() < 0.3:
                level = 10 ** random.uniform(-0.4, 0.4)
            piece = Piece(entry.shard, entry.place, entry.length, 0, speed, level)
            if cut_start and not heard:
                place = -int(piece.stop * cut_start)
            room = length - place
            if piece.stop > room and not (cut_end and room > RATE // 2) and (heard or number < 4):
                if heard:
                    break
                continue
            piece.start = place
            pieces.append(piece)
            times = [place / RATE + s / speed for s in entry.starts]
            heard.append(_cut(entry.text.split(), times, place / RATE + entry.end / speed, length / RATE))
            pause = random.choice((random.uniform(0, 0.25), random.uniform(0.1, 0.8), random.uniform(0.3, 2.5)))
            place = min(piece.stop, length) + int(RATE * pause)
            if place > length - RATE // 2:
                break
        return (heard, pieces) if any(h.words for h in heard) else ([], [])

    def _prompt(self, before: list[str], room: int) -> list[int]:
        """Some earlier text, last what the window has cut off; its beginning goes when it is too long, as in whisper.cpp.

        A caller's prompt is text alone; that of the window before holds its times too.  Half of them are as long as
        they can be in a long recording, the others fill any part of the room, so that every position is trained.
        """
        timed = self.random.random() < 0.5
        limit = min(PROMPT_LIMIT, room - 1) if self.random.random() < 0.5 else self.random.randrange(1, room)
        tokens = [t for word in before for t in word_tokens(word)]
        if before and timed:
            tokens.insert(0, self.vocabulary.timestamp(self.random.uniform(0, 30)))
        while len(tokens) < limit:
            tokens = (self._earlier() if timed else self._words(self.random.choice(self.bank.entries))) + tokens
        return [PREVIOUS, *tokens[-limit:]]

    def _earlier(self) -> list[int]:
        """What was written of a window before: sentences between their times, and often the time at which the next one began."""
        tokens: list[int] = []
        place, until = self.random.uniform(0, 1.2), self.random.uniform(2, 30)
        while place < until:
            entry = self.random.choice(self.bank.entries)
            tokens += [self.vocabulary.timestamp(place), *self._words(entry), self.vocabulary.timestamp(place + entry.end)]
            place += entry.end + self.random.uniform(0, 1)
        return tokens + [self.vocabulary.timestamp(place)] * (self.random.random() < 0.6)

    @staticmethod
    def _words(entry: Entry) -> list[int]:
        return [t for word in entry.text.split() for t in word_tokens(word)]

    def _label(self, heard: list[Heard], timestamps: bool, offset: int, full: bool):
        vocabulary, shift = self.vocabulary, offset * POSITION
        tokens: list[int] = [START]
        spans: list[tuple[float, float] | None] = [None]

        def add(token: int, start: float, end: float) -> None:
            tokens.append(token)
            spans.append((start, end))

        if not timestamps:
            tokens.append(NO_TIMESTAMPS)
            spans.append(None)
        for number, piece in enumerate(heard):
            last_cut = piece.cut_end and full and number > 0
            if not piece.words and not last_cut:
                continue
            if timestamps:
                add(vocabulary.timestamp(piece.start + shift), piece.start, piece.start)
            if timestamps and last_cut:
                break
            for word, start, end in piece.timed:
                for token in word_tokens(word):
                    add(token, start, end)
            if timestamps:
                add(vocabulary.timestamp(piece.end + shift), piece.end, piece.end)
        tokens.append(END)
        spans.append(None)
        return tokens, spans

    def _spelled(self, heard: list[Heard], positions: int) -> tuple[list[int], np.ndarray]:
        """The phonemes in order, and spread evenly over the time of their words."""
        spelled, frames = [], np.zeros(positions, np.int64)
        for piece in (p for p in heard if p.words):
            for word, start, end in piece.timed:
                sounds = phonemes(self.pronouncer.of_word(word))
                spelled += sounds
                first, last = int(start / POSITION), min(positions, int(end / POSITION))
                if sounds and last > first:
                    share = np.arange(last - first) * len(sounds) // (last - first)
                    frames[first:last] = np.array(sounds)[share]
        return spelled, frames

    def _silence(self, length: int, positions: int) -> Window:
        content = length if self.random.random() < 0.7 else self.random.randrange(1, length)
        tokens = [START, FIRST_TIMESTAMP, NOTHING, self.vocabulary.timestamp(positions * POSITION), END]
        sound = Plan([], content, without_speech(self.random))
        return Window(sound, tokens, [None] * 5, 1, [], np.zeros(positions, np.int64), True, 0)


def _cut(words: list[str], starts: list[float], end: float, length: float) -> Heard:
    """Keep the words of which the window [0, length] holds the greater part."""
    ends = [*starts[1:], end]
    kept = [i for i, (s, e) in enumerate(zip(starts, ends, strict=True)) if min(e, length) - max(s, 0) > 0.6 * (e - s)]
    cut_end = end > length
    return Heard(
        words[: kept[0]] if kept else [],
        [words[i] for i in kept],
        [max(starts[i], 0.0) for i in kept],
        min(ends[kept[-1]], length) if kept else length,
        cut_end,
        max(starts[kept[0]], 0.0) if kept else max(starts[0], 0.0),
    )
