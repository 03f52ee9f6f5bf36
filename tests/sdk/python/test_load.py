"""Eight clients at once, two hundred requests: no error, and no memory kept."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from recordings import SENTENCE

CLIENTS = 8


def resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def test_two_hundred_requests_leave_no_memory_behind(client, server_pid):
    def transcribe(_: int) -> str:
        return client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path).text

    with ThreadPoolExecutor(CLIENTS) as clients:
        texts = list(clients.map(transcribe, range(40)))
        after_40 = resident_kib(server_pid)
        texts += clients.map(transcribe, range(160))
        after_200 = resident_kib(server_pid)

    assert len(texts) == 200
    assert set(texts) == {texts[0]}
    assert after_200 <= after_40 * 1.05, f"{after_40} KiB after 40 requests, {after_200} KiB after 200"
