"""Resident memory of the whole program, over the command line and the API: a minute beside four hours.

The recording is a minute of a meeting, and that minute and four of silence 48 times over; with the bundled model that is quick
enough to be recognised whole. The API's upload goes to disk above `server.spool_memory_bytes`.
"""

import json
import re
import subprocess
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

from . import speech
from .process import run
from .throughput import Plan

MINUTE, FOUR_HOURS = 60.0, 4 * 3600.0
ALLOWED = 64 * 2**20
CONTAINERS = {
    "mp3": "-c:a libmp3lame -ar 16000 -b:a 24k",
    "m4a": "-c:a aac -ar 16000 -b:a 24k",
    "opus": "-c:a libopus -b:a 16k",
    "webm": "-c:a libopus -b:a 16k",
    "flac": "-c:a flac -ar 16000",
    "wav": "-c:a adpcm_ima_wav -ar 16000",
}


def encoded(cache: Path, container: str, seconds: float) -> Path:
    """Five minutes with one minute of speech in them, over and over."""
    path = cache / f"memory-{seconds:.0f}.{container}"
    if not path.exists():
        spoken, _ = speech.recording(cache, "meeting", MINUTE)
        partial = path.with_name(f"partial.{container}")
        sound = ["-stream_loop", "-1", "-i", spoken, "-af", "volume=enable='gte(mod(t,300),60)':volume=0", "-t", str(seconds)]
        run(["ffmpeg", "-nostdin", "-v", "error", "-y", *sound, *CONTAINERS[container].split(), partial])
        partial.rename(path)
    return path


def by_command(plan: Plan, recording: Path) -> int:
    """Peak of `minuted transcribe`."""
    return run([plan.minuted, "transcribe", "--format", "verbose_json", recording])[1].peak


def by_api(plan: Plan, recording: Path) -> int:
    """Peak of `minuted serve` after one upload."""
    server = subprocess.Popen([plan.minuted, "serve", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    try:
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
        _post(f"{address}/v1/audio/transcriptions", recording)
        status = Path(f"/proc/{server.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024
    finally:
        server.terminate()
        server.communicate()


def _post(url: str, recording: Path) -> None:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--{boundary}\r\n'
    head += f'Content-Disposition: form-data; name="file"; filename="{recording.name}"\r\n\r\n'
    body = head.encode() + recording.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    with urllib.request.urlopen(request, timeout=3600) as answer:
        json.load(answer)


def section(plan: Plan) -> Iterator[str]:
    yield "## Memory\n"
    yield "Peak resident memory, bundled model, MB.\n"
    yield "| container | by | a minute | four hours | more by | at most 64 MiB |\n|---|---|---|---|---|---|"
    for container in CONTAINERS:
        short, long = (encoded(plan.cache, container, seconds) for seconds in (MINUTE, FOUR_HOURS))
        for way, peak in (("command line", by_command), ("API", by_api)):
            few, many = peak(plan, short), peak(plan, long)
            held = "yes" if many - few <= ALLOWED else "no"
            yield f"| {container} | {way} | {few / 1e6:.0f} | {many / 1e6:.0f} | {(many - few) / 1e6:.1f} | {held} |"
