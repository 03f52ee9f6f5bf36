"""Which voices there are, which of them training may hear, and how often.

At least one voice of each family is kept for evaluation alone: another
recorded speaker where the family has recorded speakers (flite's rms,
festival's ked), variants of the formant synthesiser otherwise.
mbrola's voices are not free in Debian, so there is none of them.
"""

from random import Random

from . import espeak

HELD_OUT_VARIANTS = ("Denis", "Hugo", "anika", "f5", "klatt4", "m4", "quincy", "victor")
HELD_OUT = {"flite": ("rms",), "festival": ("ked",)}
SEEN = {"flite": ("kal", "kal16", "awb", "slt"), "festival": ("kal", "slt_hts")}
TAUGHT = {"espeak": 0.42, "flite": 0.30, "festival": 0.28}
TESTED = {"espeak": 0.52, "flite": 0.32, "festival": 0.16}  # what the evaluation's sets are drawn by: to change it changes them


def family(random: Random, shares: dict[str, float] = TESTED) -> str:
    return random.choices(list(shares), list(shares.values()))[0]


def voice(family: str, random: Random, held_out: bool = False) -> str:
    """A voice's name as its synthesiser's `say` takes it."""
    if family == "espeak":
        variants = HELD_OUT_VARIANTS if held_out else [v for v in espeak.VARIANTS if v not in HELD_OUT_VARIANTS]
        accent = random.choice(espeak.ACCENTS)
        return accent if not held_out and random.random() < 0.12 else f"{accent}+{random.choice(variants)}"
    return random.choice((HELD_OUT if held_out else SEEN)[family])
