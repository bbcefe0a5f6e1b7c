import { findGlob } from "../globs/glob.ts";
import { isJsonArray, type JsonPath, type JsonValue } from "../json/json-document.ts";
import { isJsonDocument, parseJson } from "../json/parse-json.ts";
import { wordsOf } from "../names/name-words.ts";
import type { FoundTarget } from "./found-target.ts";
import type { NetworkRules } from "./network-rules.ts";
import { type Place, readValue } from "./read-value.ts";

export interface PlacedTarget extends FoundTarget {
  readonly path: JsonPath;
}

/** Built-in argument names that hold other things as well: places of the world, people, files, goals. */
const AMBIGUOUS_NAMES: ReadonlySet<string> = new Set([
  "target",
  "destination",
  "address",
  "server",
  "link",
  "endpoint",
]);

/** Calls `visit` with every target in arguments of a tool, at any depth, in names of members too. */
export function findTargets(
  rules: NetworkRules,
  value: JsonValue,
  visit: (target: PlacedTarget) => void,
): void {
  walk({ rules, visit, depth: 0 }, value, "any", []);
}

interface Walk {
  readonly rules: NetworkRules;
  readonly visit: (target: PlacedTarget) => void;
  /** Texts that are JSON, inside one another. */
  readonly depth: number;
}

/** JSON in a text in JSON: deeper ones are read as text. */
const MAX_DEPTH = 3;

function walk(walked: Walk, value: JsonValue, place: Place, path: JsonPath): void {
  const { rules, visit } = walked;
  if (typeof value === "string") {
    for (const target of readValue(value, place)) visit({ ...target, path });
    walkInside(walked, value, path);
    return;
  }
  // One number can be a whole address: 2130706433 is 127.0.0.1. Below 2^24 it is just a number.
  if (typeof value === "number") {
    if (place === "target" && Number.isInteger(value) && value >= 2 ** 24)
      for (const target of readValue(String(value), place)) visit({ ...target, path });
    return;
  }
  if (value === null || typeof value !== "object") return;
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) walk(walked, item, place, [...path, index]);
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    for (const target of readValue(name, "any")) visit({ ...target, path: at });
    walk(walked, member, placeOf(rules, name), at);
  }
}

/** A text that is JSON is read as such too: its escapes are undone, and its members have names. */
function walkInside(walked: Walk, text: string, path: JsonPath): void {
  if (walked.depth >= MAX_DEPTH || !/^\s*[{["]/.test(text)) return;
  const inner = parseJson(text);
  if (!isJsonDocument(inner)) return;
  // Told is where the text stands.
  const visit = (target: PlacedTarget): void => walked.visit({ ...target, path });
  walk({ ...walked, visit, depth: walked.depth + 1 }, inner.value, "any", []);
}

/** An argument counts by its whole name or its last word, also in the plural and numbered: `webhook_url`, `imageUrls`, `host2`. */
function placeOf(rules: NetworkRules, name: string): Place {
  const lower = name.toLowerCase();
  if (findGlob(rules.argumentNames, lower) !== undefined)
    return AMBIGUOUS_NAMES.has(lower) ? "named" : "target";
  const last = wordsOf(name).findLast((word) => !/^\p{N}/u.test(word)) ?? "";
  for (const word of last.endsWith("s") ? [last, last.slice(0, -1)] : [last])
    if (findGlob(rules.argumentNames, word) !== undefined)
      return AMBIGUOUS_NAMES.has(word) ? "named" : "target";
  return "any";
}
