"""The evaluation's sentences: drawn once from seeds that training never uses."""

from functools import cache
from random import Random

from .texts import Texts, written

SEED = 20_000


@cache
def drawn(kind: str, count: int, seed: int) -> tuple[str, ...]:
    """Sentences of a kind, long enough that a training draw will not repeat them by chance."""
    texts = Texts(Random(SEED + seed))
    found: list[str] = []
    while len(found) < count:
        text = texts.draw(kind)[1]
        if 5 <= len(text.split()) <= 18 and text not in found:
            found.append(text)
    return tuple(found)


def forbidden_texts() -> frozenset[str]:
    """What no training sentence may equal."""
    return frozenset(t for kind in ("meetings", "syntax", "salad") for seed in range(8) for t in drawn(kind, 60, seed)) | frozenset(written(held_out=True))
