// Where scripts/sdk-tests.sh started the servers, and clients of them.

import { readFileSync } from "node:fs";
import OpenAI from "openai";

function fromEnvironment(name) {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run these tests with \`make test-sdk\``);
  return value;
}

/** The server as anyone would start it. */
export const serverUrl = fromEnvironment("TEST_SERVER_URL");

/** A server that takes one request at a time, a megabyte and a minute at most. */
export const narrowUrl = fromEnvironment("TEST_NARROW_SERVER_URL");

/** A server that asks for keys, and one of its keys. */
export const keyedUrl = fromEnvironment("TEST_KEYED_SERVER_URL");
export const key = fromEnvironment("TEST_KEY");

/** A server that passes requests for other models on to a backend. */
export const routerUrl = fromEnvironment("TEST_ROUTER_URL");

/** Keys that may spend a cent in a month, and that may see what was used. */
export const poorKey = fromEnvironment("TEST_OTHER_POOR_KEY");
export const usageKey = fromEnvironment("TEST_USAGE_KEY");

/** Retries are off: the first answer is what is looked at. */
export function clientOf(url, options = {}) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0, ...options });
}

const samples = new URL("../../../samples/", import.meta.url).pathname;

/** One sentence of a few seconds. */
export const sentence = `${samples}wav-s16.wav`;
export const sentenceBytes = readFileSync(sentence);

/** Whether most of the words said in that recording are in a text. */
export function understood(text) {
  const rows = readFileSync(`${samples}expected.tsv`, "utf8").split("\n").map((row) => row.split("\t"));
  const said = words(rows.find(([file]) => file === "wav-s16.wav")[1]);
  const heard = new Set(words(text));
  return said.filter((word) => heard.has(word)).length > said.length / 2;
}

function words(text) {
  return text.toLowerCase().match(/[\w']+/g) ?? [];
}
