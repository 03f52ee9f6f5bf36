// API keys: the SDK sends them, and throws what each refusal should be.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";
import OpenAI, { toFile } from "openai";
import { clientOf, key, keyedUrl, poorKey, sentence, sentenceBytes } from "./server.js";

const ask = (resource, apiKey) =>
  clientOf(keyedUrl, { apiKey }).audio[resource].create({ model: "whisper-1", file: createReadStream(sentence) });

test("a key is passed and its request done", async () => {
  assert.ok((await ask("transcriptions", key)).text);
});

test("a wrong key is an authentication error", async () => {
  await assert.rejects(ask("transcriptions", "unused"), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, "invalid_api_key");
    return true;
  });
});

test("what the key was not made for is a permission error", async () => {
  await assert.rejects(ask("translations", key), (error) => {
    assert.ok(error instanceof OpenAI.PermissionDeniedError);
    assert.equal(error.code, "insufficient_permissions");
    return true;
  });
});

test("a budget that is used up is a rate limit error that the SDK does not try again", async () => {
  let sent = 0;
  const counting = (url, options) => {
    sent += String(url).startsWith(keyedUrl); // it also asks for `data:` URLs, to see whether its fetch can
    return fetch(url, options);
  };
  const client = clientOf(keyedUrl, { apiKey: poorKey, maxRetries: 5, fetch: counting });
  // Each of its own bytes, or it would be the same request.
  const transcribe = async (name) => {
    const file = await toFile(Buffer.concat([sentenceBytes, Buffer.from(name)]), "a.wav");
    return client.audio.transcriptions.create({ model: "whisper-1", file });
  };
  assert.ok((await transcribe("1")).text);
  await assert.rejects(transcribe("2"), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.equal(error.code, "insufficient_quota");
    return true;
  });
  assert.equal(sent, 2);
});
