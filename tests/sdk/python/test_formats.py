"""Each response format, as the SDK hands it to its caller."""

import re

import pytest
from recordings import SENTENCE


@pytest.fixture(scope="module")
def text(client) -> str:
    """The words, as the plainest call brings them; every other format must say the same."""
    return client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path).text


def test_json_is_the_default_and_carries_the_usage(client):
    answer = client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound
    assert answer.usage.type == "duration"
    assert answer.usage.seconds == SENTENCE.started_seconds
    assert answer._request_id.startswith("req_")


def test_text_is_a_string_of_one_line(client, text):
    answer = client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, response_format="text")
    assert answer == text + "\n"


def test_verbose_json_has_segments_with_every_field(client, text):
    answer = client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, response_format="verbose_json")
    assert answer.task == "transcribe"
    assert answer.language == "english"
    assert answer.duration == pytest.approx(SENTENCE.seconds, abs=0.01)
    assert "".join(segment.text for segment in answer.segments).strip() == text
    assert [segment.id for segment in answer.segments] == list(range(len(answer.segments)))
    for segment in answer.segments:
        assert 0 <= segment.start < segment.end <= answer.duration
        assert segment.tokens
        assert segment.avg_logprob <= 0
        assert segment.compression_ratio > 0
        assert 0 <= segment.no_speech_prob <= 1
        assert segment.temperature >= 0
        assert segment.seek >= 0
    starts = [segment.start for segment in answer.segments]
    assert starts == sorted(starts)


def test_srt_counts_its_cues_and_keeps_the_words(client, text):
    answer = client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, response_format="srt")
    cues = [cue.split("\n", 2) for cue in answer.strip().split("\n\n")]
    assert [number for number, _, _ in cues] == [str(n + 1) for n in range(len(cues))]
    stamp = r"\d\d:\d\d:\d\d,\d\d\d"
    assert all(re.fullmatch(f"{stamp} --> {stamp}", time) for _, time, _ in cues)
    assert " ".join(words.strip() for _, _, words in cues).split() == text.split()


def test_vtt_has_its_header_and_keeps_the_words(client, text):
    answer = client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, response_format="vtt")
    header, *cues = answer.strip().split("\n\n")
    assert header == "WEBVTT"
    stamp = r"\d\d:\d\d:\d\d\.\d\d\d"
    assert all(re.match(f"{stamp} --> {stamp}\n", cue) for cue in cues)
    assert " ".join(cue.split("\n", 1)[1] for cue in cues).split() == text.split()


@pytest.mark.parametrize(
    ("response_format", "content_type"),
    [
        ("json", "application/json"),
        ("verbose_json", "application/json"),
        ("text", "text/plain"),
        ("srt", "text/plain"),
        ("vtt", "text/vtt"),
    ],
)
def test_the_content_type_tells_the_sdk_how_to_decode(client, response_format, content_type):
    raw = client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=SENTENCE.path, response_format=response_format
    )
    assert raw.headers["content-type"].split(";")[0] == content_type
    assert raw.headers["x-request-id"].startswith("req_")


def test_translation(client):
    answer = client.audio.translations.create(model="whisper-1", file=SENTENCE.path)
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound


def test_verbose_translation_says_so(client):
    answer = client.audio.translations.create(model="whisper-1", file=SENTENCE.path, response_format="verbose_json")
    assert answer.language == "english"
    assert answer.segments
    assert answer.model_extra.get("task") == "translate"
