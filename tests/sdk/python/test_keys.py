"""API keys: the SDK sends them, and raises the exception that each refusal should be."""

import io

import openai
import pytest
from recordings import SENTENCE


def test_a_key_is_passed_and_its_request_done(keyed):
    answer = keyed("TEST_KEY").audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)
    assert answer.text


@pytest.mark.parametrize("wrong", ["unused", "mnt_00_AAAA", "sk-proj-0123456789"])
def test_a_wrong_key_is_an_authentication_error(keyed, wrong):
    client = keyed("TEST_KEY").with_options(api_key=wrong)
    with pytest.raises(openai.AuthenticationError) as caught:
        client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)
    assert caught.value.code == "invalid_api_key"
    assert "Incorrect API key provided" in caught.value.message


def test_a_revoked_key_is_told_that_it_is(keyed):
    with pytest.raises(openai.AuthenticationError) as caught:
        keyed("TEST_REVOKED_KEY").models.list()
    assert "revoked" in caught.value.message


def test_what_the_key_was_not_made_for_is_a_permission_error(keyed):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        keyed("TEST_KEY").audio.translations.create(model="whisper-1", file=SENTENCE.path)
    assert caught.value.code == "insufficient_permissions"


def test_a_request_too_many_is_a_rate_limit_error_with_a_wait_that_the_sdk_honours(keyed):
    client = keyed("TEST_SLOW_KEY")
    first = client.models.with_raw_response.list()
    assert first.headers["x-ratelimit-limit-requests"] == "1"
    assert first.headers["x-ratelimit-remaining-requests"] == "0"
    with pytest.raises(openai.RateLimitError) as caught:
        client.models.list()
    assert caught.value.code == "rate_limit_exceeded"
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60


def test_a_budget_that_is_used_up_is_a_rate_limit_error_that_the_sdk_does_not_try_again(keyed):
    sent = []
    counting = openai.DefaultHttpxClient(event_hooks={"request": [sent.append]})
    client = keyed("TEST_POOR_KEY", max_retries=5, http_client=counting)

    def transcribe(name):
        # Each of its own bytes, or it would be the same request.
        file = io.BytesIO(SENTENCE.path.read_bytes() + name)
        return client.audio.transcriptions.with_raw_response.create(model="whisper-1", file=("a.wav", file))

    assert transcribe(b"1").headers["x-minuted-cost"] == "0.01 EUR"
    with pytest.raises(openai.RateLimitError) as caught:
        transcribe(b"2")
    assert (caught.value.code, caught.value.type) == ("insufficient_quota", "insufficient_quota")
    assert "of the 0.01 that this key may use in a month, 0 are left" in caught.value.message
    assert len(sent) == 2
