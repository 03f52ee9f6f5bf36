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

/** Retries are off: the first answer is what is looked at. */
export function clientOf(url, options = {}) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", maxRetries: 0, ...options });
}

/** One sentence of a few seconds, and some words of it. */
export const sentence = new URL("../../../samples/wav-s16.wav", import.meta.url).pathname;
export const said = /report is ready/i;
export const sentenceBytes = readFileSync(sentence);
