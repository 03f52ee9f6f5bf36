"""Every kind of failure arrives as the SDK's own exception, with a code and words to act on."""

import io
import socket
import urllib.parse

import openai
import pytest
from recordings import BROKEN, SENTENCE


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.audio.transcriptions.create(model="no-such-model", file=SENTENCE.path)
    assert caught.value.code == "model_not_found"
    assert "no-such-model" in caught.value.message
    assert caught.value.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"response_format": "yaml"}, "response_format"),
        ({"temperature": 3}, "temperature"),
        ({"language": "klingon"}, "language"),
        ({"timestamp_granularities": ["hour"], "response_format": "verbose_json"}, "timestamp_granularities"),
        ({"include": ["everything"]}, "include"),
    ],
)
def test_a_bad_value_names_its_field(client, options, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, **options)
    assert caught.value.param.startswith(param)
    assert caught.value.type == "invalid_request_error"


def test_a_missing_file_is_said(http):
    answer = http.post("/v1/audio/transcriptions", files={"model": (None, "whisper-1")})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "file"


@pytest.mark.parametrize("content", [b"", b"These are words, but nobody speaks them.", bytes(range(256)) * 64])
def test_what_is_not_audio_is_a_bad_request(client, content):
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.transcriptions.create(model="whisper-1", file=io.BytesIO(content))
    assert set(caught.value.body) >= {"message", "type", "param", "code"}


@pytest.mark.parametrize(("path", "outcome"), BROKEN.items(), ids=lambda value: getattr(value, "name", value))
def test_a_broken_recording_is_heard_as_far_as_it_goes_or_is_a_bad_request(client, narrow_client, path, outcome):
    # A file that expands to hours is refused everywhere, and soonest where a minute is the most.
    client = narrow_client if outcome == "TooLong" else client

    def transcribe():
        return client.audio.transcriptions.with_raw_response.create(model="whisper-1", file=path)

    if outcome in ("whole", "part"):
        assert ("x-minuted-damage" in transcribe().headers) == (outcome == "part")
    else:
        with pytest.raises(openai.BadRequestError) as caught:
            transcribe()
        assert caught.value.code


def test_an_upload_over_the_limit_is_refused_with_its_size(narrow_client):
    with pytest.raises(openai.APIStatusError) as caught:
        narrow_client.audio.transcriptions.create(model="whisper-1", file=io.BytesIO(bytes(3_000_000)))
    assert caught.value.status_code == 413
    assert "1000000" in caught.value.message


def test_an_upload_of_unknown_length_is_refused_when_its_count_passes_the_limit(narrow_url):
    """Without Content-Length only counting can tell. The server may close while we still send."""
    host, port = urllib.parse.urlsplit(narrow_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as wire:
        wire.sendall(
            b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        wire.sendall(b"%x\r\n%s\r\n" % (len(head), head))
        block = b"%x\r\n%s\r\n" % (100_000, bytes(100_000))
        for _ in range(11):
            wire.sendall(block)
        assert wire.recv(12) == b"HTTP/1.1 413"


def test_a_full_house_is_a_rate_limit_error_that_says_when_to_come_back(narrow_url, narrow_client):
    """The server answers `100 Continue` once the first request has its place: from there on the house is full."""
    host, port = urllib.parse.urlsplit(narrow_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as first:
        first.sendall(
            b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nExpect: 100-continue\r\n\r\n"
        )
        assert first.recv(12) == b"HTTP/1.1 100"
        with pytest.raises(openai.RateLimitError) as caught:
            narrow_client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60


def test_retries_wait_for_the_place_of_a_client_that_has_gone(narrow_url):
    """The SDK's own retries, as users have them: the place is free again once its holder hangs up."""
    patient = openai.OpenAI(base_url=f"{narrow_url}/v1", api_key="unused", max_retries=5)
    assert patient.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path).text


def test_an_unknown_path_is_not_found_in_the_same_shape(http):
    answer = http.post("/v1/audio/songs")
    assert answer.status_code == 404
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
