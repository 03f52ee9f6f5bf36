"""How a recording gets in: any container, any order of fields, with and without a length."""

import io

import pytest
from recordings import SAMPLES, SENTENCE

URL = "/v1/audio/transcriptions"


@pytest.mark.parametrize("recording", SAMPLES, ids=lambda recording: recording.path.name)
def test_every_container_and_codec_is_understood(client, recording):
    answer = client.audio.transcriptions.create(model="whisper-1", file=recording.path)
    assert recording.word_error_rate(answer.text) <= recording.bound, answer.text


def test_bytes_without_a_name_are_known_by_their_content(client):
    answer = client.audio.transcriptions.create(model="whisper-1", file=io.BytesIO(SENTENCE.path.read_bytes()))
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound


def test_a_wrong_name_and_type_do_not_matter(client):
    file = ("portrait.png", SENTENCE.path.read_bytes(), "image/png")
    answer = client.audio.transcriptions.create(model="whisper-1", file=file)
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound


@pytest.mark.parametrize("order", [["file", "model", "response_format"], ["model", "response_format", "file"]])
def test_fields_come_in_any_order(http, order):
    fields = {
        "file": ("sentence.wav", SENTENCE.path.read_bytes()),
        "model": (None, "whisper-1"),
        "response_format": (None, "text"),
    }
    answer = http.post(URL, files=[(name, fields[name]) for name in order])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound


def test_a_body_without_a_length_is_read_to_its_end(http):
    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="sentence.wav"\r\n\r\n'
        with SENTENCE.path.open("rb") as file:
            while block := file.read(10_007):
                yield block
        yield b'\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'

    answer = http.post(URL, content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.status_code == 200, answer.text
    assert SENTENCE.word_error_rate(answer.json()["text"]) <= SENTENCE.bound
