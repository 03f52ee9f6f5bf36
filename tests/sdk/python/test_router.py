"""Requests that are passed on to a backend, by OpenAI's SDK and by hand."""

import httpx
import openai
import pytest
from backend import WORDS

TEXT = "".join(WORDS)
QUESTION = [{"role": "user", "content": "Who is there?"}]
PICTURE = "data:image/png;base64,iVBORw0KGgo="
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="session")
def client(router_url):
    with openai.OpenAI(base_url=f"{router_url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("more", [{}, {"stream": True, "stream_options": {"include_usage": True}}, {"tools": [TOOL]}])
def test_every_byte_is_the_backends(router_url, backend_url, more):
    request = {"messages": QUESTION, "temperature": 0.0} | more
    ours = httpx.post(f"{router_url}/v1/chat/completions", json={"model": "small"} | request)
    its = httpx.post(f"{backend_url}/v1/chat/completions", json={"model": "org/small"} | request)
    assert (ours.status_code, ours.headers["content-type"]) == (200, its.headers["content-type"])
    assert ours.content == its.content


def test_a_stream_without_usage_is_what_the_backend_would_have_sent(router_url, backend_url):
    request = {"messages": QUESTION, "stream": True}
    ours = httpx.post(f"{router_url}/v1/chat/completions", json={"model": "small"} | request)
    its = httpx.post(f"{backend_url}/v1/chat/completions", json={"model": "org/small"} | request)
    assert ours.content == its.content


def test_chat(client):
    answer = client.chat.completions.create(model="small", messages=QUESTION)
    assert answer.choices[0].message.content == TEXT
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (12, 5)


def test_chat_as_a_stream(client):
    chunks = client.chat.completions.create(model="small", messages=QUESTION, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT


def test_tools(client):
    answer = client.chat.completions.create(model="small", messages=QUESTION, tools=[TOOL])
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"


def test_tools_in_a_stream(client):
    chunks = client.chat.completions.create(model="small", messages=QUESTION, tools=[TOOL], stream=True)
    pieces = [call.function for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert pieces[0].name == "weather"
    assert "".join(piece.arguments or "" for piece in pieces) == '{"city": "Lyon"}'


def test_several_answers(client):
    answer = client.chat.completions.create(model="small", messages=QUESTION, n=3)
    assert [choice.message.content for choice in answer.choices] == [TEXT] * 3


def test_completions_of_several_prompts_that_come_back(client):
    answer = client.completions.create(model="small", prompt=["One: ", "Two: "], echo=True, max_tokens=5)
    assert [choice.text for choice in answer.choices] == [f"One: {TEXT}", f"Two: {TEXT}"]


def test_vision(client):
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": PICTURE}}]
    answer = client.chat.completions.create(model="seeing", messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].message.content == "I see 1 picture."
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": parts}])
    assert caught.value.code == "no_vision_model"


def test_embeddings(client):
    vectors = client.embeddings.create(model="small", input=["a", "bcd"], encoding_format="float")
    assert [vector.embedding for vector in vectors.data] == [[1, 0.5], [3, 0.5]]
    as_the_sdk_asks = client.embeddings.create(model="small", input=["a", "bcd"])
    assert [vector.embedding for vector in as_the_sdk_asks.data] == [[1, 0.5], [3, 0.5]]


def test_responses(client):
    answer = client.responses.create(model="small", input="Who is there?")
    assert (answer.output_text, answer.usage.output_tokens) == (TEXT, 5)


def test_responses_as_a_stream(client, router_url, backend_url):
    events = list(client.responses.create(model="small", input="Who is there?", stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == TEXT
    assert (events[-1].type, events[-1].response.usage.output_tokens) == ("response.completed", 5)
    request = {"input": "Who is there?", "stream": True}
    ours = httpx.post(f"{router_url}/v1/responses", json={"model": "small"} | request)
    its = httpx.post(f"{backend_url}/v1/responses", json={"model": "org/small"} | request)
    assert ours.content == its.content


def test_models_are_one_list(client):
    assert {"minuted-nano.en", "small", "seeing"} <= {model.id for model in client.models.list()}


def test_an_unknown_model_is_not_found(client):
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="absent", messages=QUESTION)
