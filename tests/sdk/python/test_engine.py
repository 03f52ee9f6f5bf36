"""Requests that are passed on to a real engine: llama.cpp answers, and what it counts is what is charged.

The model behind it is of random weights (`tiny_model.py`): at temperature 0 it writes the same syllables each time, and
ends where it must.
"""

import datetime
import json
import time

import httpx
import openai
import pytest
import tiny_model

QUESTION = [{"role": "user", "content": "Who is there?"}]
EXACT = {"temperature": 0.0, "max_tokens": 24}
YEAR = datetime.date.today().year


@pytest.fixture(scope="module")
def engine(engine_url):
    """The engine, asked without anything before it."""
    with httpx.Client(base_url=engine_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def router(router_url):
    with httpx.Client(base_url=router_url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def client(router_url):
    with openai.OpenAI(base_url=f"{router_url}/v1", api_key="unused", max_retries=0) as client:
        yield client


def eventually(found, what: str):
    until = time.monotonic() + 60
    while not (value := found()):
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)
    return value


@pytest.fixture
def charged(router):
    """What an answer was charged, in tokens: of input, cached ones included, and of output."""

    def rows() -> list[dict]:
        span = {"format": "jsonl", "from": f"{YEAR}-01", "to": f"{YEAR + 2}-01"}
        lines = router.get("/admin/v1/exports", params=span).raise_for_status().text.splitlines()
        return [json.loads(line) for line in lines]

    def of(headers) -> tuple[int, int, str]:
        id = headers["x-minuted-charge-id"]
        found = eventually(lambda: [row for row in rows() if row["charge_id"] == id], f"the charge {id}")
        quantity = {row["unit"]: int(row["quantity"]) for row in found}
        read = quantity.get("input_token", 0) + quantity.get("cached_token", 0)
        [origin] = {row["origin"] for row in found}
        return read, quantity.get("output_token", 0), origin

    of.rows = rows
    return of


def idle(engine) -> bool:
    return not any(slot["is_processing"] for slot in engine.get("/slots").raise_for_status().json())


def test_an_answer_is_the_engines_and_so_is_what_is_charged(engine, client, charged):
    raw = client.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, **EXACT)
    answer = raw.parse()
    its = engine.post("/v1/chat/completions", json={"messages": QUESTION} | EXACT).json()
    assert answer.choices[0].message.content == its["choices"][0]["message"]["content"] != ""
    assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 24)
    assert answer.usage.prompt_tokens == its["usage"]["prompt_tokens"]
    assert charged(raw.headers) == (answer.usage.prompt_tokens, 24, "reported")


@pytest.mark.parametrize("include_usage", [True, False])
def test_a_stream_is_the_same_text_and_costs_the_same(client, charged, include_usage):
    whole = client.chat.completions.create(model="tiny", messages=QUESTION, **EXACT)
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    raw = client.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, stream=True, **EXACT, **options)
    chunks = list(raw.parse())
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    told = [chunk.usage for chunk in chunks if chunk.usage]
    assert len(told) == include_usage, "who does not ask is not told"
    assert charged(raw.headers) == (whole.usage.prompt_tokens, 24, "reported")


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_most_tokens_are_kept(client, charged, name):
    raw = client.chat.completions.with_raw_response.create(model="tiny", messages=QUESTION, **{name: 7})
    answer = raw.parse()
    assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) == (7, "length")
    assert charged(raw.headers)[1] == 7


def test_a_client_that_leaves_pays_for_what_came_and_sets_the_engine_free(engine, client, charged):
    most = tiny_model.CONTEXT - 1_000
    raw = client.chat.completions.with_raw_response.create(
        model="tiny", messages=QUESTION, stream=True, temperature=0.0, max_tokens=most
    )
    chunks = raw.parse()
    for _ in range(20):
        next(chunks)
    assert not idle(engine), "it would have gone on"
    chunks.close()
    read, written, origin = charged(raw.headers)
    assert read > 0 and 15 <= written < most and origin == "estimated"
    eventually(lambda: idle(engine), "a free slot")


@pytest.mark.parametrize("prompt", ["Who is there?", [1, 70, 80, 90]])
def test_completions_of_text_and_of_tokens(client, charged, prompt):
    raw = client.completions.with_raw_response.create(model="tiny", prompt=prompt, **EXACT)
    usage = raw.parse().usage
    assert charged(raw.headers) == (usage.prompt_tokens, usage.completion_tokens, "reported") and usage.completion_tokens == 24


def test_responses(client, charged):
    raw = client.responses.with_raw_response.create(model="tiny", input="Who is there?", temperature=0.0, max_output_tokens=24)
    answer = raw.parse()
    assert answer.output_text and answer.usage.output_tokens == 24
    assert charged(raw.headers) == (answer.usage.input_tokens, 24, "reported")


@pytest.mark.parametrize("texts", [["one", "and another"], [[70, 80, 90], [71]]])
@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "float"}])
def test_vectors(client, charged, texts, encoding):
    raw = client.embeddings.with_raw_response.create(model="tiny-vectors", input=texts, **encoding)
    answer = raw.parse()
    assert [len(vector.embedding) for vector in answer.data] == [tiny_model.WIDTH] * 2
    assert answer.usage.prompt_tokens > 0
    assert charged(raw.headers) == (answer.usage.prompt_tokens, 0, "reported")


def test_an_error_of_the_engine_passes_and_costs_nothing(client, charged):
    before = {row["charge_id"] for row in charged.rows()}
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "x" * (tiny_model.CONTEXT + 1_000)}])
    assert caught.value.type == "exceed_context_size_error"
    assert "x-minuted-charge-id" not in caught.value.response.headers
    assert client.chat.completions.create(model="tiny", messages=QUESTION, **EXACT).usage.completion_tokens == 24
    after = eventually(lambda: {row["charge_id"] for row in charged.rows()} - before, "the charge after it")
    assert len(after) == 1


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://127.0.0.1:1/picture.png"])
def test_nothing_is_fetched_for_a_caller(client, url):
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="tiny-seeing", messages=[{"role": "user", "content": parts}])
    assert caught.value.code == "linked_media"


def test_its_models_are_in_the_list_and_on_the_page_of_the_status(client, router):
    assert {"tiny", "tiny-vectors"} <= {model.id for model in client.models.list()}
    client.chat.completions.create(model="tiny", messages=QUESTION, **EXACT)
    eventually(lambda: ">tiny<" in router.get("/status").text, "the model on the page")
    told = router.get("/api/platform-status", params={"model": "tiny"}).json()
    assert told["ok"] and told["usage"]["total_tokens"] >= 24 and told["ttfb_ms"] is not None
