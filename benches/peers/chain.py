"""What a model of random weights says: a fixed chain of tokens, the same for every window and every engine.

Speed depends on how many tokens are decoded, so it has to be the same number everywhere. A chain is words between
timestamps, from 0.00 to 30.00, and then the end. Each link has five tokens that are nearly as likely as each other and lead
to the same next link, as the words of a real model do: five beams then live to the end, none is dropped early.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ALTERNATIVES = 5
WORDS_IN_A_SEGMENT = 12
STEPS_IN_30_SECONDS = 1500
PLAIN_WORD = re.compile(rb" [a-z]{3,8}")


@dataclass(frozen=True)
class Vocabulary:
    """The ids of Whisper's special tokens, and the text of the others."""

    size: int
    words: tuple[bytes, ...]

    @property
    def is_multilingual(self) -> bool:
        return self.size >= 51_865

    @property
    def languages(self) -> int:
        return self.size - 51_765 - int(self.is_multilingual)

    @property
    def end(self) -> int:
        return 50_256 + int(self.is_multilingual)

    @property
    def start(self) -> int:
        return self.end + 1

    @property
    def no_timestamps(self) -> int:
        return self.first_timestamp - 1

    @property
    def transcribe(self) -> int:
        return self.start + 2 + self.languages

    @property
    def first_timestamp(self) -> int:
        return self.size - STEPS_IN_30_SECONDS - 1


def links(vocabulary: Vocabulary, length: int) -> list[list[int]]:
    """The tokens of each of `length` links; the most likely one first."""
    words = _plain_words(vocabulary)
    timestamp = vocabulary.first_timestamp
    segments = max(1, round(length / (WORDS_IN_A_SEGMENT + 2)))
    spoken = length - 2 * segments
    chain = []
    for segment in range(segments):
        begin, end = (STEPS_IN_30_SECONDS * s // segments for s in (segment, segment + 1))
        chain.append([timestamp + begin + ALTERNATIVES + i if segment else timestamp + i for i in range(ALTERNATIVES)])
        for _ in range(spoken * (segment + 1) // segments - spoken * segment // segments):
            chain.append([next(words) for _ in range(ALTERNATIVES)])
        chain.append([timestamp + end - i for i in range(ALTERNATIVES)])
    return chain


def starts(vocabulary: Vocabulary) -> list[int]:
    """The tokens that a prompt may end with."""
    return [vocabulary.start, vocabulary.no_timestamps, vocabulary.transcribe]


def _plain_words(vocabulary: Vocabulary) -> Iterator[int]:
    """Ids of words that no engine suppresses, spread over the vocabulary."""
    plain = [i for i, word in enumerate(vocabulary.words) if PLAIN_WORD.fullmatch(word)]
    stride = 7  # neighbours in the vocabulary are often alike
    return iter([plain[i] for first in range(stride) for i in range(first, len(plain), stride)])
