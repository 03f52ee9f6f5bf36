"""The other fields of the form: what they change, and what is said when they change nothing."""

import openai
import pytest
from recordings import SENTENCE


def transcribe(client, **options):
    return client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path, **options)


def header(client, name, **options):
    raw = client.audio.transcriptions.with_raw_response.create(model="whisper-1", file=SENTENCE.path, **options)
    return raw.headers.get(name)


def test_logprobs_spell_the_text(client):
    answer = transcribe(client, include=["logprobs"])
    spelt = b"".join(bytes(int(byte) for byte in token.bytes) for token in answer.logprobs)
    assert spelt.decode().strip() == answer.text
    assert all(token.logprob <= 0 for token in answer.logprobs)


def test_logprobs_need_json(client):
    with pytest.raises(openai.BadRequestError) as caught:
        transcribe(client, include=["logprobs"], response_format="verbose_json")
    assert caught.value.param.startswith("include")


def test_a_language_and_a_temperature_are_taken(client):
    answer = transcribe(client, language="en", temperature=0)
    assert SENTENCE.word_error_rate(answer.text) <= SENTENCE.bound


def test_a_prompt_is_taken(client):
    assert transcribe(client, prompt="The weekly meeting of the team.").text
    assert header(client, "x-minuted-prompt-truncated", prompt="The weekly meeting.") is None


def test_a_prompt_beyond_the_models_memory_is_cut_and_that_is_said(client):
    assert header(client, "x-minuted-prompt-truncated", prompt="We talked about the budget. " * 400)


def test_the_flex_tier_is_taken_and_an_unknown_one_is_not(client):
    assert transcribe(client, extra_body={"service_tier": "flex"}).text
    assert "service_tier" not in (header(client, "x-minuted-ignored-params", extra_body={"service_tier": "flex"}) or "")
    with pytest.raises(openai.BadRequestError) as caught:
        transcribe(client, extra_body={"service_tier": "scale"})
    assert caught.value.param == "service_tier"


def test_fields_of_other_servers_are_tolerated_and_named(client):
    ignored = header(client, "x-minuted-ignored-params", extra_body={"hotwords": "budget", "vad_filter": True})
    assert {name.strip() for name in ignored.split(",")} >= {"hotwords", "vad_filter"}


def test_initial_prompt_is_another_name_of_prompt(client):
    ignored = header(client, "x-minuted-ignored-params", extra_body={"initial_prompt": "The weekly meeting."})
    assert "initial_prompt" not in (ignored or "")


def test_chunking_strategy_in_each_of_its_shapes(client):
    assert transcribe(client, chunking_strategy="auto").text
    assert transcribe(client, chunking_strategy={"type": "server_vad", "threshold": 0.5}).text


def test_without_a_model_the_default_one_answers(http):
    with SENTENCE.path.open("rb") as file:
        answer = http.post("/v1/audio/transcriptions", files={"file": file})
    assert answer.status_code == 200, answer.text
    assert SENTENCE.word_error_rate(answer.json()["text"]) <= SENTENCE.bound
