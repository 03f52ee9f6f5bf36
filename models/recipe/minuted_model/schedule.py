"""What each training step looks like: window length, batch, diet, loss weights, learning rates.

Short windows until the attention has found its way, then windows of every
length that whisper.cpp may be asked for (`audio_ctx` 256 to 1500), with cuts
and prompts.  What a step looks like depends on the step alone, so a run can be resumed;
the rates fall with the share of the steps, or of the time, that is used up.
"""

from dataclasses import dataclass
from random import Random

from .losses import Weights
from .windows import Diet

LENGTHS = (256, 320, 384, 448, 512, 640, 768, 1000, 1250, 1500)


@dataclass(frozen=True)
class Stage:
    until: int
    share: float  # of the batch: small ones suffice while everything is still to be learnt
    lengths: tuple[int, ...]
    diet: Diet
    weights: Weights


STAGES = (
    Stage(
        1500,
        0.5,
        (256, 256, 320),
        Diet(cut_start=0.05, cut_end=0.05, short=0.1, prompt=0.0, no_timestamps=0.1, silent=0.02, offset=0.4),
        Weights(phonemes=1.0, frames=1.0, guide=1.0),
    ),
    Stage(
        3000,
        0.75,
        (256, 320, 384, 448, 512, 768),
        Diet(cut_start=0.1, cut_end=0.1, short=0.2, prompt=0.15, offset=0.3),
        Weights(phonemes=0.6, frames=0.3, guide=0.5),
    ),
    Stage(
        10**9,
        1.0,
        (*LENGTHS, 256, 384, 512, 768, 1500, 1500),
        Diet(cut_start=0.25, cut_end=0.25, short=0.45, silent=0.05, prompt=0.5, offset=0.1),
        Weights(phonemes=0.3, frames=0.1, guide=0.2),
    ),
)
WARM_UP = 100
COOL_DOWN = 0.7  # the last share of a run, in which the learning rates fall to nothing
MATRIX_RATE = 1e-2
OTHER_RATE = 2e-3


@dataclass(frozen=True)
class Schedule:
    steps: int
    positions: int  # encoder positions in a batch
    scale: float = 1.0  # of the learning rates
    begin: int = 0  # a warm start has less to learn: it may enter the schedule later
    seconds: float = float("inf")  # for a machine that is lent for a time: whichever comes first ends the run

    def stage(self, step: int) -> Stage:
        return next(s for s in STAGES if step < s.until)

    def plan(self, step: int) -> tuple[int, int, Diet]:
        """Window length in positions, windows in the batch, and their diet."""
        stage = self.stage(step)
        length = Random(step).choice(stage.lengths)
        return length, max(1, int(stage.share * self.positions) // length), stage.diet

    def left(self, step: int, seconds: float) -> float:
        """The share of the run that is still to come."""
        return max(0.0, 1 - max(step / self.steps, seconds / self.seconds))

    def rate(self, step: int, seconds: float) -> float:
        """The factor on both learning rates, from the rise and the fall."""
        return min(1.0, (step - self.begin + 1) / WARM_UP, self.left(step, seconds) / COOL_DOWN)
