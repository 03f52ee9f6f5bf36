"""Requests that are passed on to a backend, by LangChain and LlamaIndex."""

import os

import pytest
from langchain_core.messages import HumanMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from llama_index.core.llms import ChatMessage
from llama_index.embeddings.openai_like import OpenAILikeEmbedding
from llama_index.llms.openai_like import OpenAILike

TEXT = "Hello from the backend."
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
def base() -> str:
    return f"{os.environ['TEST_ROUTER_URL']}/v1"


@pytest.fixture(scope="session")
def chat(base):
    return ChatOpenAI(base_url=base, api_key="unused", model="small", max_retries=0)


def test_langchain_chats_whole_and_as_a_stream(chat):
    answer = chat.invoke("Who is there?")
    assert (answer.content, answer.usage_metadata["output_tokens"]) == (TEXT, 5)
    assert "".join(chunk.content for chunk in chat.stream("Who is there?")) == TEXT


def test_langchain_calls_tools(chat):
    assert chat.bind_tools([TOOL]).invoke("And the weather?").tool_calls[0]["args"] == {"city": "Lyon"}


def test_langchain_shows_pictures(base):
    seeing = ChatOpenAI(base_url=base, api_key="unused", model="seeing", max_retries=0)
    message = HumanMessage([{"type": "image_url", "image_url": {"url": PICTURE}}])
    assert seeing.invoke([message]).content == "I see 1 picture."


def test_langchain_makes_vectors(base):
    vectors = OpenAIEmbeddings(base_url=base, api_key="unused", model="small", check_embedding_ctx_length=False)
    assert vectors.embed_documents(["abcd"]) == [[4, 0.5]]


def test_llama_index_chats_whole_and_as_a_stream(base):
    model = OpenAILike(model="small", is_chat_model=True, api_base=base, api_key="unused", max_retries=0)
    message = ChatMessage(role="user", content="Who is there?")
    assert model.chat([message]).message.content == TEXT
    assert "".join(part.delta or "" for part in model.stream_chat([message])) == TEXT


def test_llama_index_makes_vectors(base):
    vectors = OpenAILikeEmbedding(model_name="small", api_base=base, api_key="unused", max_retries=0)
    assert vectors.get_text_embedding("abcd") == [4, 0.5]
