"""How each written word sounds, in IPA, for the encoder's auxiliary targets.

One accent for all voices, one form for each word: a rough truth, good enough
to teach an encoder what to listen for.
"""

from functools import lru_cache

from ..verbalise import spoken
from .espeak import Espeak


class Pronouncer:
    def __init__(self) -> None:
        espeak = Espeak()

        @lru_cache(maxsize=100_000)
        def of_word(word: str) -> str:
            return espeak.phonemes([aloud for _, aloud in spoken(word)])

        self.of_word = of_word
