// `/v1/models`, as clients use it to fill a menu and to check a key.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { clientOf, serverUrl } from "./server.js";

const client = clientOf(serverUrl);

test("every listed model can be retrieved", async () => {
  const models = (await client.models.list()).data;
  assert.ok(models.length > 0);
  for (const model of models) assert.equal((await client.models.retrieve(model.id)).id, model.id);
});

test("an unknown model is not found, slash or not", async () => {
  for (const name of ["no-such-model", "someone/no-such-model"]) {
    await assert.rejects(client.models.retrieve(name), OpenAI.NotFoundError);
  }
});
