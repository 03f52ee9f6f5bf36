// Every kind of failure arrives as the SDK's own exception, with a code and words to act on.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import OpenAI, { toFile } from "openai";
import { clientOf, narrowUrl, sentence, serverUrl } from "./server.js";

const client = clientOf(serverUrl);
const narrow = clientOf(narrowUrl);

function transcribe(options) {
  return client.audio.transcriptions.create({ file: createReadStream(sentence), model: "whisper-1", ...options });
}

test("an unknown model is not found", async () => {
  await assert.rejects(transcribe({ model: "no-such-model" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "model_not_found");
    assert.match(error.requestID, /^req_/);
    return true;
  });
});

test("a bad value names its field", async () => {
  await assert.rejects(transcribe({ response_format: "yaml" }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, "response_format");
    return true;
  });
});

test("words need verbose_json", async () => {
  await assert.rejects(transcribe({ timestamp_granularities: ["word"] }), OpenAI.BadRequestError);
});

test("text is no recording", async () => {
  const file = await toFile(Buffer.from("These are words, but nobody speaks them."), "note.txt");
  await assert.rejects(transcribe({ file }), OpenAI.BadRequestError);
});

test("an upload over the limit is refused", async () => {
  const file = await toFile(Buffer.alloc(3_000_000), "long.wav");
  await assert.rejects(narrow.audio.transcriptions.create({ file, model: "whisper-1" }), (error) => {
    assert.ok(error instanceof OpenAI.APIError);
    assert.equal(error.status, 413);
    return true;
  });
});

test("a full house is a rate limit error that says when to come back", async () => {
  // The server answers `100 Continue` once this request has its place: from there on the house is full.
  const first = request(`${narrowUrl}/v1/audio/transcriptions`, {
    method: "POST",
    headers: {
      "Content-Type": "multipart/form-data; boundary=b",
      "Content-Length": 100_000,
      Expect: "100-continue",
    },
  });
  first.on("error", () => {}); // it is hung up on, below
  first.flushHeaders();
  await once(first, "continue");
  try {
    const file = createReadStream(sentence);
    await assert.rejects(narrow.audio.transcriptions.create({ file, model: "whisper-1" }), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      const seconds = Number(error.headers.get("retry-after"));
      assert.ok(seconds >= 1 && seconds <= 60, `retry-after: ${seconds}`);
      return true;
    });
  } finally {
    first.destroy();
  }
});
