"""Tokens: GPT-2's byte pairs, Whisper's special ids, and the reduced set that is trained.

Only tokens that our texts can use get a row while training.  `Vocabulary`
maps between full ids and rows; its list of ids is kept in every checkpoint,
so a richer text later only adds rows.
"""

from functools import cache
from random import Random

import tiktoken
from tiktoken.load import load_tiktoken_bpe

from .lexicon import Lexicon
from .sound.mel import asset
from .texts import Texts, written

SIZE = 51_864
NOTHING = 50_255  # "nothing was said"; a byte pair of its own until now, which no text of ours uses
END, START, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS, FIRST_TIMESTAMP = 50_256, 50_257, 50_360, 50_361, 50_362, 50_363
TIMESTAMPS = 1501
SECONDS_PER_TIMESTAMP = 0.02
PHONEMES = "abdefhijklmnopstuvwzæçðŋɐɑɔəɚɛɜɡɣɪɬɲɹɾʃʊʌʒʔʲθᵻ"


@cache
def encoding() -> tiktoken.Encoding:
    return tiktoken.Encoding(
        name="gpt2",
        pat_str=r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        mergeable_ranks=load_tiktoken_bpe(str(asset("gpt2.tiktoken"))),
        special_tokens={},
    )


def token_bytes() -> list[bytes]:
    """The vocabulary as a ggml file lists it, up to and with the end token; who says nothing writes nothing."""
    ranks = load_tiktoken_bpe(str(asset("gpt2.tiktoken")))
    table = {rank: text for text, rank in ranks.items() if rank != NOTHING}
    return [table.get(i, b"") for i in range(END)] + [b"<|endoftext|>"]


@cache
def word_tokens(word: str) -> tuple[int, ...]:
    """A written word with the space before it; sentences are sums of these."""
    return tuple(encoding().encode(" " + word))


def tokens(text: str) -> list[int]:
    return [t for word in text.split() for t in word_tokens(word)]


def phonemes(ipa: str) -> list[int]:
    """0 is the blank."""
    return [PHONEMES.index(c) + 1 for c in ipa if c in PHONEMES]


def used_tokens() -> list[int]:
    """Every token that the texts can use: all words in all positions, hand-written sentences, many draws."""
    words = Lexicon.load().words()
    forms = {w for word in words for w in (word, word.capitalize())}
    used = {t for w in forms for end in ("", ".", ",", "?") for t in word_tokens(w + end)}
    used |= {t for text in written() + written(held_out=True) for t in tokens(text)}
    for n in range(1000):
        used |= {t for form in (str(n), f" {n}", f"{n:02d}", f"{n:03d}") for t in encoding().encode(form)}
    texts = Texts(Random(3))
    for _ in range(20_000):
        used |= set(tokens(texts.draw()[1]))
    return sorted(used)


class Vocabulary:
    def __init__(self, text_tokens: list[int]):
        special = [NOTHING, END, START, PREVIOUS, NO_SPEECH, NO_TIMESTAMPS]
        self.ids = [*text_tokens, *special, *range(FIRST_TIMESTAMP, FIRST_TIMESTAMP + TIMESTAMPS)]
        self.row_of = {token: row for row, token in enumerate(self.ids)}
        self.text_tokens = text_tokens

    @classmethod
    def of(cls, ids: list[int]) -> "Vocabulary":
        """The vocabulary whose list of ids a checkpoint kept."""
        return cls([i for i in ids if i < NOTHING])

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: list[int]) -> list[int]:
        return [self.row_of[i] for i in ids]

    def knows(self, text: str) -> bool:
        return all(token in self.row_of for token in tokens(text))

    def timestamp(self, seconds: float) -> int:
        """The token for a moment of the window."""
        return FIRST_TIMESTAMP + min(TIMESTAMPS - 1, max(0, round(seconds / SECONDS_PER_TIMESTAMP)))

    def text(self, ids: list[int]) -> str:
        return encoding().decode([i for i in ids if i < NOTHING])
