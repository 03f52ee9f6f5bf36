"""How long a recording takes: minuted, whisper.cpp and faster-whisper on the same weights, cores and files.

Each engine decodes as many tokens as the words that are spoken make. Windows differ from engine to engine (minuted and the
batched pipeline leave silence out), so a few passes with a small model find out, for each engine, how long a chain
brings the sum to the same. Engines take turns, and the median of the rounds counts.
"""

import json
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import ctranslate, ggml, speech
from .process import run
from .random_model import SHAPES, Weights

OURS = "minuted"
PEERS = ("whisper.cpp", "whisper.cpp, our settings", "faster-whisper", "faster-whisper, batched")
TOKENS_FOR_A_WORD = 1.3  # as Whisper's vocabulary has it for English
FIRST_GUESS = 75
CORRECTIONS = 3
TOLERANCE = 0.06
KINDS = ("f16", "q8_0", "q5_1", "q4_0")
SPREAD = "{0:.1f} ({1:.1f}–{2:.1f})"


@dataclass(frozen=True)
class Pass:
    """One engine once over one recording."""

    wall: float
    cpu: float
    tokens: int


@dataclass(frozen=True)
class Plan:
    """What is measured, and how often."""

    cache: Path
    minuted: Path
    vocabulary: Path
    rounds: int
    beams: tuple[int, ...]


def model(plan: Plan, size: str, tokens: int, engine: str, kind: str = "f16") -> Path:
    """The weights in the engine's own format, made once."""
    vocabulary = ggml.read_vocabulary(plan.vocabulary)
    weights = Weights(SHAPES[size], vocabulary, tokens)
    if engine.startswith("faster-whisper"):
        path = plan.cache / f"{size}-{tokens}-int8"
        if not (path / "tokenizer.json").exists():
            ctranslate.write(path, weights)
    else:
        path = plan.cache / f"{size}-{tokens}-{kind}.bin"
        if not path.exists():
            ggml.write(path, weights, kind)
    return path


def listen(plan: Plan, engine: str, weights: Path, recording: Path, beams: int) -> tuple[Pass, list]:
    """One pass: minuted by its whole process, a peer by its own clock after loading."""
    if engine == OURS:
        said, cost = run(
            [plan.minuted, "transcribe", "--model", weights, "--format", "verbose_json", "--words", recording],
            {"MINUTED_SPEECH_BEAM_SIZE": str(beams)},
        )
        answer = json.loads(said)
        tokens = sum(len(segment["tokens"]) for segment in answer["segments"])
        return Pass(cost.wall, cost.cpu, tokens), answer["segments"]
    said, _ = run([sys.executable, "-m", "peers.engine", engine, weights, recording, "--beams", str(beams)])
    answer = json.loads(said.splitlines()[-1])
    return Pass(answer["wall"], answer["cpu"], answer["tokens"]), answer["segments"]


@cache
def chain_length(plan: Plan, engine: str, recording: Path, wanted: int) -> int:
    """How many tokens a window must have for the whole to have as many as wanted."""
    length = FIRST_GUESS
    for _ in range(CORRECTIONS):
        counted = listen(plan, engine, model(plan, "tiny", length, engine), recording, 1)[0].tokens
        if abs(counted / wanted - 1) < TOLERANCE / 3:
            break
        length = max(8, min(200, round(length * wanted / counted)))
    return length


def measure(plan: Plan, size: str, kind: str, seconds: float, beams: int) -> Iterator[tuple[str, list[Pass]]]:
    """Every engine's passes over one recording."""
    recording, said = speech.recording(plan.cache, kind, seconds)
    wanted = round(len(said) * TOKENS_FOR_A_WORD)
    engines = (OURS, *PEERS)
    models = {e: model(plan, size, chain_length(plan, e, recording, wanted), e) for e in engines}
    passes: dict[str, list[Pass]] = {engine: [] for engine in engines}
    for _ in range(plan.rounds):
        for engine in engines:
            passes[engine].append(listen(plan, engine, models[engine], recording, beams)[0])
    yield from passes.items()


def rows(plan: Plan, size: str, kind: str, seconds: float, beams: int) -> Iterator[str]:
    """The table's lines for one recording, ratios to minuted in wall time and in processor time."""
    results = list(measure(plan, size, kind, seconds, beams))
    ours = results[0][1]
    for engine, passes in results:
        wall, cpu = ([getattr(p, what) for p in passes] for what in ("wall", "cpu"))
        base_wall, base_cpu = (statistics.median(getattr(p, what) for p in ours) for what in ("wall", "cpu"))
        tokens = passes[0].tokens
        uneven = abs(tokens / ours[0].tokens - 1) > TOLERANCE
        yield (
            f"| {size} | {kind} | {beams} | {engine} | {_spread(wall)} | {_spread(cpu)} | {seconds / statistics.median(wall):.0f} "
            f"| {statistics.median(wall) / base_wall:.2f} | {statistics.median(cpu) / base_cpu:.2f} | {tokens}{' (!)' if uneven else ''} |"
        )


HEAD = (
    "| model | recording | beams | engine | wall, s | CPU, s | × real time | wall, of minuted's | CPU, of minuted's | tokens |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


def kinds_section(plan: Plan, sizes: dict[str, float]) -> Iterator[str]:
    """What weights of fewer bits cost minuted itself, on the recordings of the section above."""
    yield "\n## Kinds of weights\n"
    yield "| model | recording | weights | wall, s | CPU, s | CPU, of f16's | tokens |\n|---|---|---|---|---|---|---|"
    for size, seconds in sizes.items():
        recording, said = speech.recording(plan.cache, "monologue", seconds)
        length = chain_length(plan, OURS, recording, round(len(said) * TOKENS_FOR_A_WORD))
        models = {kind: model(plan, size, length, OURS, kind) for kind in KINDS}
        passes: dict[str, list[Pass]] = {kind: [] for kind in KINDS}
        for _ in range(plan.rounds):
            for kind in KINDS:
                passes[kind].append(listen(plan, OURS, models[kind], recording, 1)[0])
        base = statistics.median(one.cpu for one in passes["f16"])
        for kind, measured in passes.items():
            wall, cpu = ([getattr(one, what) for one in measured] for what in ("wall", "cpu"))
            ratio = statistics.median(cpu) / base
            yield f"| {size} | monologue | {kind} | {_spread(wall)} | {_spread(cpu)} | {ratio:.2f} | {measured[0].tokens} |"


def _spread(values: list[float]) -> str:
    return SPREAD.format(statistics.median(values), min(values), max(values))


def section(plan: Plan, sizes: dict[str, float]) -> Iterator[str]:
    """`sizes` says how many seconds of a recording each model gets."""
    yield "## Throughput\n"
    yield f"Median of {plan.rounds} interleaved rounds (least – most).\n"
    yield HEAD
    for size, seconds in sizes.items():
        for kind in ("meeting", "monologue"):
            for beams in plan.beams:
                yield from rows(plan, size, kind, seconds, beams)
