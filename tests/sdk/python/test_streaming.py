"""`stream=True`: words come as they are recognised, and add up to the whole."""

import pytest
from recordings import MEETING, SENTENCE


def events(client, file):
    return list(client.audio.transcriptions.create(model="whisper-1", file=file, stream=True))


def test_deltas_join_to_the_text_of_the_last_event(client):
    *deltas, done = events(client, MEETING.path)
    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert done.type == "transcript.text.done"
    assert done.text == "".join(event.delta for event in deltas)
    assert MEETING.word_error_rate(done.text) <= MEETING.bound


def test_a_recording_of_several_windows_comes_in_several_deltas(client):
    content, long = SENTENCE.repeated(14)
    *deltas, done = events(client, ("long.wav", content))
    assert len(deltas) >= 3
    assert all(event.delta for event in deltas)
    assert done.text == "".join(event.delta for event in deltas)
    assert long.word_error_rate(done.text) <= long.bound


def test_the_stream_says_the_same_as_the_plain_answer(client):
    plain = client.audio.transcriptions.create(model="whisper-1", file=MEETING.path)
    done = events(client, MEETING.path)[-1]
    assert done.text.strip() == plain.text


def test_the_last_event_carries_the_usage(client):
    done = events(client, SENTENCE.path)[-1]
    assert done.usage.type == "duration"
    assert done.usage.seconds == SENTENCE.started_seconds


def test_the_wire_is_an_event_stream_that_ends_with_done(http):
    with (
        MEETING.path.open("rb") as file,
        http.stream(
            "POST",
            "/v1/audio/transcriptions",
            files={"file": file},
            data={"model": "whisper-1", "stream": "true"},
        ) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line.startswith("data:")]
    assert lines[-1] == "data: [DONE]"
    assert len(lines) >= 3


def test_an_error_before_the_first_word_is_an_error_and_no_stream(client):
    with pytest.raises(Exception) as caught:
        events(client, ("note.txt", b"These are words, but nobody speaks them."))
    assert caught.value.status_code == 400
