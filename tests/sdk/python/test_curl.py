"""The curl lines of the documentation."""

import json
import subprocess

from recordings import MEETING


def curl(*arguments: str) -> str:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "60", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_first_line_that_anyone_tries(server_url):
    body = curl(f"{server_url}/v1/audio/transcriptions", "-F", f"file=@{MEETING.path}", "-F", "model=whisper-1")
    assert MEETING.word_error_rate(json.loads(body)["text"]) <= MEETING.bound


def test_granularities_without_brackets(server_url):
    body = curl(
        f"{server_url}/v1/audio/transcriptions",
        *("-F", f"file=@{MEETING.path}"),
        *("-F", "response_format=verbose_json"),
        *("-F", "timestamp_granularities=word,segment"),
    )
    answer = json.loads(body)
    assert answer["words"] and answer["segments"]


def test_upload_from_a_pipe_has_no_length(server_url):
    command = f"cat '{MEETING.path}' | curl --silent --fail-with-body -H 'Transfer-Encoding: chunked' -F file=@- "
    body = subprocess.run(
        ["sh", "-c", command + f"{server_url}/v1/audio/transcriptions"], check=True, capture_output=True, text=True
    ).stdout
    assert MEETING.word_error_rate(json.loads(body)["text"]) <= MEETING.bound
