import { findGlob } from "../globs/glob.ts";
import { isJsonArray, type JsonDocument, type JsonPath, type JsonValue } from "../json/json-document.ts";
import { isJsonDocument, mayBeContainer, parseJson } from "../json/parse-json.ts";
import { createMemo } from "../memos/memo.ts";
import { wordsOf } from "../names/name-words.ts";
import { textsOf } from "../texts/document-texts.ts";
import type { FoundTarget } from "./found-target.ts";
import type { NetworkRules } from "./network-rules.ts";
import { type Place, readValue } from "./read-value.ts";
import { holdsNoTarget } from "./target-signs.ts";

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
  document: JsonDocument,
  visit: (target: PlacedTarget) => void,
): void {
  const walked: Walk = { rules, places: placesOf(rules), path: [], visit, depth: 0 };
  if (!holdsNone(walked, document)) walk(walked, document.value, "any");
}

/** No name of a member says that a target is meant, and no string could hold one where none does. */
function holdsNone(walked: Walk, document: JsonDocument): boolean {
  // Without an escape, and without what a text that is JSON begins with, every line of the texts is one string.
  const { hints } = textsOf(document);
  if (!hints.isAscii || hints.mayHoldTarget || hints.has("container") || document.text.includes("\\"))
    return false;
  if (hints.has("ownName") || hints.has("program")) return false;
  for (const name of document.names) if (placeOf(walked, name) !== "any") return false;
  return true;
}

interface Walk {
  readonly rules: NetworkRules;
  readonly places: Map<string, Place>;
  /** Where it stands; copied for what is found. */
  readonly path: (string | number)[];
  readonly visit: (target: PlacedTarget) => void;
  /** Texts that are JSON, inside one another. */
  readonly depth: number;
}

/** JSON in a text in JSON: deeper ones are read as text. */
const MAX_DEPTH = 3;

function walk(walked: Walk, value: JsonValue, place: Place): void {
  if (typeof value === "string") {
    visitText(walked, value, place);
    walkInside(walked, value);
    return;
  }
  // One number can be a whole address: 2130706433 is 127.0.0.1. Below 2^24 it is just a number.
  if (typeof value === "number") {
    if (place === "target" && Number.isInteger(value) && value >= 2 ** 24)
      visitText(walked, String(value), place);
    return;
  }
  if (value === null || typeof value !== "object") return;
  const { path } = walked;
  if (isJsonArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index);
      walk(walked, value[index] as JsonValue, place);
      path.pop();
    }
    return;
  }
  for (const name of Object.keys(value)) {
    path.push(name);
    visitText(walked, name, "any");
    walk(walked, value[name] as JsonValue, placeOf(walked, name));
    path.pop();
  }
}

function visitText({ path, visit }: Walk, text: string, place: Place): void {
  if (place === "any" && holdsNoTarget(text)) return;
  for (const target of readValue(text, place)) visit({ ...target, path: [...path] });
}

/** A text that is JSON is read as such too: its escapes are undone, and its members have names. */
function walkInside(walked: Walk, text: string): void {
  if (walked.depth >= MAX_DEPTH || !mayBeContainer(text)) return;
  const inner = parseJson(text);
  if (!isJsonDocument(inner)) return;
  // Told is where the text stands.
  const path = [...walked.path];
  const visit = (target: PlacedTarget): void => walked.visit({ ...target, path });
  walk({ ...walked, path: [], visit, depth: walked.depth + 1 }, inner.value, "any");
}

const remembered = createMemo<NetworkRules, Map<string, Place>>();
/** Names repeat; a caller that makes up new ones only empties this. */
const REMEMBERED_MAX = 1_000;

function placesOf(rules: NetworkRules): Map<string, Place> {
  const known = remembered.get(rules) ?? new Map<string, Place>();
  remembered.set(rules, known);
  return known;
}

function placeOf({ rules, places }: Walk, name: string): Place {
  const known = places.get(name);
  if (known !== undefined) return known;
  const place = judgeName(rules, name);
  if (places.size >= REMEMBERED_MAX) places.clear();
  places.set(name, place);
  return place;
}

/** An argument counts by its whole name or its last word, also in the plural and numbered: `webhook_url`, `imageUrls`, `host2`. */
function judgeName(rules: NetworkRules, name: string): Place {
  const lower = name.toLowerCase();
  if (findGlob(rules.argumentNames, lower) !== undefined)
    return AMBIGUOUS_NAMES.has(lower) ? "named" : "target";
  const last = wordsOf(name).findLast((word) => !/^\p{N}/u.test(word)) ?? "";
  for (const word of last.endsWith("s") ? [last, last.slice(0, -1)] : [last])
    if (findGlob(rules.argumentNames, word) !== undefined)
      return AMBIGUOUS_NAMES.has(word) ? "named" : "target";
  return "any";
}
