"""Usage and costs: the SDK asks for them with a key of its own, and reads the pages into its own types."""

import time

import pytest
from recordings import SENTENCE

DAY = 24 * 60 * 60


@pytest.fixture
def usage(keyed):
    """What the SDK has for usage, after something has been used."""
    keyed("TEST_KEY").audio.transcriptions.create(model="whisper-1", file=SENTENCE.path)
    client = keyed("TEST_USAGE_KEY")
    return client.with_options(admin_api_key=client.api_key).admin.organization.usage


def yesterday():
    return int(time.time()) - DAY


def results(page):
    assert page.object == "page"
    assert [bucket.object for bucket in page.data] == ["bucket"] * len(page.data)
    return [result for bucket in page.data for result in bucket.results]


def test_transcriptions_are_told_by_model_and_key(usage):
    page = usage.audio_transcriptions(start_time=yesterday(), bucket_width="1d", group_by=["model", "api_key_id"])
    told = results(page)
    assert told and all(result.object == "organization.usage.audio_transcriptions.result" for result in told)
    for result in told:
        assert type(result).__name__ == "DataResultOrganizationUsageAudioTranscriptionsResult"
        assert result.model == "minuted-nano.en"
        assert result.api_key_id.startswith("key_")
        assert result.seconds >= result.num_model_requests > 0


def test_costs_are_told_by_line(usage):
    told = results(usage.costs(start_time=yesterday(), group_by=["line_item"]))
    assert told and all(type(result).__name__ == "DataResultOrganizationCostsResult" for result in told)
    for result in told:
        assert result.line_item == "minuted-nano.en, transcription"
        assert (result.amount.currency, result.quantity_unit) == ("eur", "duration_seconds")
        assert result.amount.value == pytest.approx(0.01 * round(result.amount.value / 0.01))
    assert sum(result.amount.value for result in told) >= 0.01


def test_pages_are_followed(usage):
    buckets, cursor = [], None
    while True:
        page = usage.audio_transcriptions(
            start_time=yesterday(), bucket_width="1h", limit=10, **({"page": cursor} if cursor else {})
        )
        buckets += page.data
        cursor = page.next_page
        assert page.has_more == (cursor is not None)
        if cursor is None:
            break
    assert len(buckets) in (24, 25)
    assert all(one.end_time == next.start_time for one, next in zip(buckets, buckets[1:]))
