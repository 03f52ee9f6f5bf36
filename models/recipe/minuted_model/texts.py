"""Draws what is to be said: grammars, hand-written sentences, their remixes, and word salad.

The mixture matters more than its parts.  A decoder that meets only templates
learns them by heart and hears nothing else; salad, open-class grammar and
remixes force it to listen, hand-written sentences show it what people say.
"""

import re
from pathlib import Path
from random import Random

from .grammar import ARTICLE, DRAWN, Grammar, capitalise
from .lexicon import Lexicon

SENTENCES = Path(__file__).parents[1] / "text" / "sentences"
HELD_OUT = "heldout"
WEIGHTS = {"meetings": 0.26, "syntax": 0.20, "written": 0.18, "remix": 0.20, "salad": 0.16}
REPLACEABLE = "noun nouns verb verbs verbing verbed adj adverb first city country calendar".split()


def written(held_out: bool = False) -> list[str]:
    """The hand-written sentences, one a line; `heldout.txt` is for evaluation alone."""
    files = sorted(path for path in SENTENCES.glob("*.txt") if (path.stem == HELD_OUT) == held_out)
    return [line.strip() for path in files for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]


class Texts:
    """An endless, seeded source of (kind, sentence)."""

    def __init__(self, random: Random, forbidden: frozenset[str] = frozenset()):
        self.random = random
        self.forbidden = forbidden
        self.lexicon = Lexicon.load()
        self.grammars = {name: Grammar(name, self.lexicon) for name in ("meetings", "syntax")}
        self.written = written()
        spoken_words = {w.strip(".,?!;:\"") for text in self.written for w in text.split()}
        self.vocabulary = sorted({*self.lexicon.words(), *(w for w in spoken_words if w)}) + self.lexicon.slots["function"] * 4
        self.slot_of: dict[str, str] = {}
        for slot in REPLACEABLE:
            for word in self.lexicon.slots[slot]:
                self.slot_of.setdefault(word, slot)
        self.kinds = [k for k in WEIGHTS if self.written or k not in ("written", "remix")]

    def draw(self, kind: str | None = None) -> tuple[str, str]:
        while True:
            chosen = kind or self.random.choices(self.kinds, [WEIGHTS[k] for k in self.kinds])[0]
            if chosen in self.grammars:
                text = self.grammars[chosen].sentence(self.random)
            else:
                text = getattr(self, f"_{chosen}")()
            if text not in self.forbidden and 1 <= len(text.split()) <= 26:
                return chosen, text

    def _written(self) -> str:
        return self.random.choice(self.written)

    def _remix(self) -> str:
        """Two hand-written sentences spliced, or one with words exchanged for others of their class."""
        words = self._written().split()
        if self.random.random() < 0.4:
            other = self._written().split()
            words = words[: self.random.randrange(1, len(words) + 1)] + other[self.random.randrange(len(other)) :]
            words = [w if i == len(words) - 1 else w.rstrip(".?!") for i, w in enumerate(words)]
        swapped = [self._swap(w) if self.random.random() < 0.35 else w for w in words[:26]]
        return capitalise(ARTICLE.sub(lambda m: m[0][0] + "n ", " ".join(swapped)))

    def _swap(self, word: str) -> str:
        core = word.strip(".,?!;:\"'")
        slot = self.slot_of.get(core) or self.slot_of.get(core.lower())
        if not slot:
            return word
        return word.replace(core, self.random.choice(self.lexicon.slots[slot]))

    def _salad(self) -> str:
        random = self.random
        words = []
        for _ in range(random.randrange(3, 14)):
            if random.random() < 0.08:
                words.append(DRAWN[random.choice(("num", "n", "time", "code", "percent", "money", "year"))](random))
            else:
                words.append(random.choice(self.vocabulary))
            if random.random() < 0.08:
                words[-1] = words[-1].rstrip(".") + ","
        return capitalise(re.sub(r",?$", random.choice("....?"), " ".join(words)).replace("..", "."))
