// Usage and costs, as the SDK asks for them and reads them.

import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { test } from "node:test";
import { clientOf, key, keyedUrl, sentence, usageKey } from "./server.js";

const { usage } = clientOf(keyedUrl, { adminAPIKey: usageKey }).admin.organization;
const yesterday = Math.floor(Date.now() / 1000) - 24 * 60 * 60;

const results = (page) => page.data.flatMap((bucket) => bucket.results);

test("what was used is told, and what it cost", async () => {
  const client = clientOf(keyedUrl, { apiKey: key });
  await client.audio.transcriptions.create({ model: "whisper-1", file: createReadStream(sentence) });

  const used = await usage.audioTranscriptions({ start_time: yesterday, group_by: ["model"] });
  assert.equal(used.object, "page");
  assert.ok(results(used).length > 0);
  for (const result of results(used)) {
    assert.equal(result.model, "minuted-nano.en");
    assert.ok(result.seconds > 0 && result.num_model_requests > 0);
  }

  const costs = results(await usage.costs({ start_time: yesterday }));
  assert.ok(costs.length > 0);
  for (const cost of costs) {
    assert.equal(cost.amount.currency, "eur");
    assert.ok(cost.amount.value >= 0.01);
  }
});
