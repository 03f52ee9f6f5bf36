"""Word times, and which of words and segments come with which request."""

import openai
import pytest
from recordings import MEETING


def transcribe(client, **options):
    return client.audio.transcriptions.create(model="whisper-1", file=MEETING.path, **options)


def test_words_are_in_order_inside_the_recording_and_are_the_text(client):
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=["word"])
    assert [word.word for word in answer.words] == answer.text.split()
    clock = 0.0
    for word in answer.words:
        assert clock <= word.start <= word.end <= answer.duration
        clock = word.start


def test_words_lie_inside_the_segments(client):
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    for word in answer.words:
        middle = (word.start + word.end) / 2
        assert any(s.start - 0.3 <= middle <= s.end + 0.3 for s in answer.segments), word


@pytest.mark.parametrize(
    ("granularities", "words", "segments"),
    [
        ([], False, True),
        (["segment"], False, True),
        (["word"], True, False),
        (["word", "segment"], True, True),
    ],
)
def test_verbose_json_brings_what_was_asked_for(client, granularities, words, segments):
    answer = transcribe(client, response_format="verbose_json", timestamp_granularities=granularities)
    assert bool(answer.words) == words
    assert bool(answer.segments) == segments


@pytest.mark.parametrize("granularities", [[], ["segment"]])
def test_json_takes_what_changes_nothing(client, granularities):
    assert transcribe(client, response_format="json", timestamp_granularities=granularities).text


def test_json_has_no_place_for_words(client):
    with pytest.raises(openai.BadRequestError) as caught:
        transcribe(client, response_format="json", timestamp_granularities=["word"])
    assert caught.value.param.startswith("timestamp_granularities")
