// How a recording gets in: streams without a length, files, buffers; the file first and last.

import assert from "node:assert/strict";
import { createReadStream, openAsBlob } from "node:fs";
import { before, test } from "node:test";
import { toFile } from "openai";
import { clientOf, sentence, sentenceBytes, serverUrl, understood } from "./server.js";

const client = clientOf(serverUrl);
const model = "whisper-1";
let text;

before(async () => {
  text = (await client.audio.transcriptions.create({ file: createReadStream(sentence), model })).text;
});

test("a read stream is sent without a length, and heard", () => {
  assert.ok(understood(text), text);
});

test("a buffer made a file says the same", async () => {
  const file = await toFile(sentenceBytes, "sentence.wav");
  assert.equal((await client.audio.transcriptions.create({ file, model })).text, text);
});

test("the file may come last", async () => {
  assert.equal((await client.audio.transcriptions.create({ model, file: createReadStream(sentence) })).text, text);
});

test("an async iterable that gives small blocks is read to its end", async () => {
  async function* blocks() {
    for (let at = 0; at < sentenceBytes.length; at += 9973) yield sentenceBytes.subarray(at, at + 9973);
  }
  const file = await toFile(blocks(), "sentence.wav");
  assert.equal((await client.audio.transcriptions.create({ file, model })).text, text);
});

test("fetch without an SDK", async () => {
  const body = new FormData();
  body.set("file", await openAsBlob(sentence), "sentence.wav");
  body.set("model", model);
  const answer = await fetch(`${serverUrl}/v1/audio/transcriptions`, { method: "POST", body });
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).text, text);
});
