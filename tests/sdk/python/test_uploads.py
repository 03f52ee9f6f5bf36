"""How a recording gets in: any container, any order of fields, with and without a length."""

import io

import pytest
from recordings import MEETING, SAMPLES

URL = "/v1/audio/transcriptions"


@pytest.mark.parametrize("recording", SAMPLES, ids=lambda recording: recording.path.name)
def test_every_container_and_codec_is_understood(client, recording):
    answer = client.audio.transcriptions.create(model="whisper-1", file=recording.path)
    assert recording.word_error_rate(answer.text) <= recording.bound, answer.text


def test_bytes_without_a_name_are_known_by_their_content(client):
    answer = client.audio.transcriptions.create(model="whisper-1", file=io.BytesIO(MEETING.path.read_bytes()))
    assert MEETING.word_error_rate(answer.text) <= MEETING.bound


def test_a_wrong_name_and_type_do_not_matter(client):
    file = ("portrait.png", MEETING.path.read_bytes(), "image/png")
    answer = client.audio.transcriptions.create(model="whisper-1", file=file)
    assert MEETING.word_error_rate(answer.text) <= MEETING.bound


@pytest.mark.parametrize("order", [["file", "model", "response_format"], ["model", "response_format", "file"]])
def test_fields_come_in_any_order(http, order):
    fields = {
        "file": ("meeting.wav", MEETING.path.read_bytes()),
        "model": (None, "whisper-1"),
        "response_format": (None, "text"),
    }
    answer = http.post(URL, files=[(name, fields[name]) for name in order])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert MEETING.word_error_rate(answer.text) <= MEETING.bound


def test_a_body_without_a_length_is_read_to_its_end(http):
    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="meeting.wav"\r\n\r\n'
        with MEETING.path.open("rb") as file:
            while block := file.read(10_007):
                yield block
        yield b'\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'

    answer = http.post(URL, content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.status_code == 200, answer.text
    assert MEETING.word_error_rate(answer.json()["text"]) <= MEETING.bound
