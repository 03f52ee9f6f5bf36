// Each response format, as the SDK hands it to its caller, and word times.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { before, test } from "node:test";
import { clientOf, sentence, serverUrl } from "./server.js";

const client = clientOf(serverUrl);
let text;

function transcribe(options) {
  return client.audio.transcriptions.create({ file: createReadStream(sentence), model: "whisper-1", ...options });
}

before(async () => {
  ({ text } = await transcribe());
});

test("json carries the text and the usage in started seconds", async () => {
  const answer = await transcribe({ response_format: "json" });
  assert.equal(answer.usage.type, "duration");
  assert.ok(Number.isInteger(answer.usage.seconds) && answer.usage.seconds > 0);
});

test("text, srt and vtt are strings", async () => {
  assert.equal(await transcribe({ response_format: "text" }), `${text}\n`);
  assert.match(await transcribe({ response_format: "srt" }), /^1\n00:00:\d\d,\d{3} --> 00:00:\d\d,\d{3}\n/);
  assert.match(await transcribe({ response_format: "vtt" }), /^WEBVTT\n\n00:00:\d\d\.\d{3} --> /);
});

test("verbose_json has segments that join to the text", async () => {
  const answer = await transcribe({ response_format: "verbose_json" });
  assert.equal(answer.segments.map((segment) => segment.text).join("").trim(), text);
  assert.equal(answer.language, "english");
  assert.equal(answer.words, undefined);
});

test("word times are in order, and are the text", async () => {
  const answer = await transcribe({ response_format: "verbose_json", timestamp_granularities: ["word"] });
  assert.deepEqual(answer.words.map((word) => word.word), answer.text.split(" "));
  assert.equal(answer.segments, undefined);
  answer.words.reduce((clock, word) => {
    assert.ok(clock <= word.start && word.start <= word.end && word.end <= answer.duration, JSON.stringify(word));
    return word.start;
  }, 0);
});

test("logprobs come with json", async () => {
  const answer = await transcribe({ include: ["logprobs"] });
  assert.equal(Buffer.from(answer.logprobs.flatMap((token) => token.bytes)).toString().trim(), text);
});

test("a translation into English", async () => {
  const answer = await client.audio.translations.create({ file: createReadStream(sentence), model: "whisper-1" });
  assert.ok(answer.text.length > 0);
});
