// `stream: true`: events come as they are recognised, and add up to the whole.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";
import { clientOf, sentence, serverUrl } from "./server.js";

const client = clientOf(serverUrl);

test("deltas join to the text of the last event", async () => {
  const stream = await client.audio.transcriptions.create({
    file: createReadStream(sentence),
    model: "whisper-1",
    stream: true,
  });
  const events = [];
  for await (const event of stream) events.push(event);

  const done = events.pop();
  assert.equal(done.type, "transcript.text.done");
  assert.ok(events.length > 0);
  assert.ok(events.every((event) => event.type === "transcript.text.delta"));
  assert.equal(events.map((event) => event.delta).join(""), done.text);
  assert.ok(done.text.length > 0);
});

test("a caller who stops listening leaves the server well", async () => {
  const stream = await client.audio.transcriptions.create({
    file: createReadStream(sentence),
    model: "whisper-1",
    stream: true,
  });
  stream.controller.abort();
  const answer = await client.audio.transcriptions.create({ file: createReadStream(sentence), model: "whisper-1" });
  assert.ok(answer.text.length > 0);
});
