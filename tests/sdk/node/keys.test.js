// API keys: the SDK sends them, and throws what each refusal should be.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";
import OpenAI from "openai";
import { clientOf, key, keyedUrl, sentence } from "./server.js";

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
