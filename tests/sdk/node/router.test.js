// Requests that are passed on to a backend.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { clientOf, routerUrl } from "./server.js";

const client = clientOf(routerUrl);
const text = "Hello from the backend.";
const question = { model: "small", messages: [{ role: "user", content: "Who is there?" }] };

test("chat, whole and as a stream", async () => {
  const answer = await client.chat.completions.create(question);
  assert.equal(answer.choices[0].message.content, text);
  assert.equal(answer.usage.completion_tokens, 5);
  let streamed = "";
  for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
    streamed += chunk.choices[0].delta.content ?? "";
  }
  assert.equal(streamed, text);
});

test("tools", async () => {
  const tool = { type: "function", function: { name: "weather", parameters: { type: "object", properties: {} } } };
  const answer = await client.chat.completions.create({ ...question, tools: [tool] });
  assert.equal(answer.choices[0].message.tool_calls[0].function.name, "weather");
});

test("pictures go where they are seen", async () => {
  const content = [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } }];
  const messages = [{ role: "user", content }];
  const answer = await client.chat.completions.create({ model: "seeing", messages });
  assert.equal(answer.choices[0].message.content, "I see 1 picture.");
  await assert.rejects(client.chat.completions.create({ model: "small", messages }), OpenAI.UnprocessableEntityError);
});

test("embeddings and responses", async () => {
  const vectors = await client.embeddings.create({ model: "small", input: ["abc"], encoding_format: "float" });
  assert.deepEqual(vectors.data[0].embedding, [3, 0.5]);
  const answer = await client.responses.create({ model: "small", input: "Who is there?" });
  assert.equal(answer.output_text, text);
});
