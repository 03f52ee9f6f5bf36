"""The asynchronous client, several requests in flight over one connection pool."""

import asyncio

import openai
from recordings import SENTENCE


def test_several_requests_at_once(server_url):
    async def main() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{server_url}/v1", api_key="unused", max_retries=0) as client:
            calls = [client.audio.transcriptions.create(model="whisper-1", file=SENTENCE.path) for _ in range(4)]
            return [answer.text for answer in await asyncio.gather(*calls)]

    texts = asyncio.run(main())
    assert len(texts) == 4
    assert all(SENTENCE.word_error_rate(text) <= SENTENCE.bound for text in texts)
