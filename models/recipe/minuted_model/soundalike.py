"""Where the embedding starts: words that sound alike begin alike.

With random rows the decoder must meet every word many times before it can
write it.  Here a token's row is a sum of vectors for its phonemes, counted
from its beginning and from its end; so whoever has learnt to hear can, from
the start, tell which row is meant, for words never met as well.
"""

import torch
from torch import Tensor

from .speech.pronunciation import Pronouncer
from .vocabulary import PHONEMES, Vocabulary, encoding, phonemes

FROM_START, FROM_END = 6, 4
SPREAD = 0.05  # of a row's elements
OWN = 0.3  # the share of a row that is its own: homophones must differ


def rows(vocabulary: Vocabulary, width: int, generator: torch.Generator) -> Tensor:
    """Initial embedding rows for the vocabulary's text tokens, [tokens, width]."""
    draw = lambda *shape: torch.randn(*shape, generator=generator)  # noqa: E731
    heads, tails = draw(FROM_START, len(PHONEMES) + 1, width), draw(FROM_END, len(PHONEMES) + 1, width)
    capital, joined = draw(width), draw(width)
    pronouncer = Pronouncer()
    made = torch.zeros(len(vocabulary.text_tokens), width)
    for row, token in enumerate(vocabulary.text_tokens):
        text = encoding().decode([token])
        sounds = phonemes(pronouncer.of_word(text.strip())) if text.strip() else []
        for place, sound in enumerate(sounds[:FROM_START]):
            made[row] += heads[place, sound]
        for place, sound in enumerate(sounds[::-1][:FROM_END]):
            made[row] += tails[place, sound]
        made[row] += capital * text.strip()[:1].isupper() + joined * (not text.startswith(" "))
    shared = made / made.std(dim=1, keepdim=True).clamp_min(1e-3)
    return SPREAD * ((1 - OWN**2) ** 0.5 * shared + OWN * draw(*shared.shape))
