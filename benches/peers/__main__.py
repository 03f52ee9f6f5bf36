"""`make bench`: measures the sections that are named, or all of them, and prints their tables."""

import argparse
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from . import accuracy, frontend, memory, throughput
from .throughput import Plan

ROOT = Path(__file__).parents[2]
SECTIONS = ("throughput", "kinds", "frontend", "memory", "accuracy")
# Seconds of a recording for each model: the windows of one recording are alike, so a larger model needs no longer one.
FULL = {"tiny": 300.0, "base": 200.0, "small": 100.0}


def machine() -> str:
    """The processor and how many of its cores this process may use."""
    names = (line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return f"{next(names, platform.machine())}, {len(os.sched_getaffinity(0))} cores"


def tables(sections: list[str], plan: Plan, sizes: dict[str, float], hours: float) -> Iterator[str]:
    yield f"# {date.today()}, {machine()}\n"
    if "throughput" in sections:
        yield from throughput.section(plan, sizes)
    if "kinds" in sections:
        yield from throughput.kinds_section(plan, sizes)
    if "frontend" in sections:
        yield from frontend.section(plan, ROOT / "target/release/examples/pcm", hours)
    if "memory" in sections:
        yield from memory.section(plan)
    if "accuracy" in sections:
        yield from accuracy.section(plan, ROOT / "samples")


@contextmanager
def no_settings() -> Iterator[None]:
    """minuted as it comes: it inherits none of the caller's settings, and a data folder of its own."""
    for name in [name for name in os.environ if name.startswith("MINUTED_")]:
        del os.environ[name]
    with TemporaryDirectory() as folder:
        os.environ |= {"MINUTED_CONFIG": os.devnull, "MINUTED_DATA_DIR": folder}
        yield


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", default=SECTIONS, help=", ".join(SECTIONS))
    parser.add_argument("--cache", type=Path, required=True, help="where models and recordings are kept")
    parser.add_argument("--rounds", type=int, default=3, help="of throughput, kinds and frontend")
    parser.add_argument("--sizes", default=",".join(FULL), help="models for the throughput, with seconds: tiny=60,base=60")
    parser.add_argument("--beams", default="1,5", help="searches of the throughput: greedy is 1")
    parser.add_argument("--hours", type=float, default=1.0, help="of the front end's recordings")
    parser.add_argument("--out", type=Path, help="a file for the tables, beside the screen")
    arguments = parser.parse_args()
    named = (part.partition("=") for part in arguments.sizes.split(","))
    sizes = {size: float(seconds or FULL[size]) for size, _, seconds in named}
    beams = tuple(int(count) for count in arguments.beams.split(","))
    arguments.cache.mkdir(parents=True, exist_ok=True)
    plan = Plan(arguments.cache, ROOT / "target/release/minuted", ROOT / "models/minuted-nano.en-q5_1.bin", arguments.rounds, beams)
    with no_settings(), (arguments.out or Path(os.devnull)).open("w") as out:
        for line in tables(arguments.sections or list(SECTIONS), plan, sizes, arguments.hours):
            print(line, flush=True)
            print(line, file=out, flush=True)


if __name__ == "__main__":
    main()
