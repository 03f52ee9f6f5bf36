"""Runs a program to its end, and says what it cost."""

import os
import re
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path


LOOK_AGAIN = 0.02  # seconds between two looks at a process's memory


@dataclass(frozen=True)
class Cost:
    """What one process took, its threads included."""

    wall: float  # seconds
    user: float  # seconds of processor time in its own code
    system: float  # seconds of processor time in the kernel
    peak: int  # bytes of resident memory, at most

    @property
    def cpu(self) -> float:
        return self.user + self.system


class Failed(RuntimeError):
    """The program ended with an error, which it told."""


class Peak(threading.Thread):
    """Looks at the kernel's count of the most memory that a process has held, as long as it runs.

    What `wait4` tells instead (`ru_maxrss`) is never less than what the parent held when it started the process.
    """

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.bytes = 0
        self.start()

    def run(self) -> None:
        try:
            while held := re.search(r"VmHWM:\s+(\d+) kB", self.status.read_text()):
                self.bytes = int(held[1]) * 1024
                time.sleep(LOOK_AGAIN)
        except OSError:
            return  # it has ended


def run(command: list, environment: dict[str, str] | None = None, output=subprocess.PIPE) -> tuple[bytes, Cost]:
    """Standard output, unless it goes elsewhere, and the cost by the kernel's own count."""
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip
        peak = Peak(process.pid)
        said = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            told = errors.read().decode(errors="replace")[-2000:]
            raise Failed(f"{Path(str(command[0])).name} ended with {process.returncode}: {told}")
    return said, Cost(wall, usage.ru_utime, usage.ru_stime, peak.bytes)
