// One text for all spellings of a value (RFC 8785), for signatures and digests. Own because the public one keeps track of
// cycles and foreign objects, which values of a document cannot hold; tested against it.
import { isJsonArray, type JsonObject, type JsonValue } from "./json-document.ts";

/**
 * Members sorted by UTF-16 units, numbers as ECMAScript prints them, no blanks. A lone surrogate, which RFC 8785 refuses,
 * is written as its escape. The depth of `value` must be bounded by its reader.
 */
export function canonicalJson(value: JsonValue): string {
  const sorted = sortMembers(value);
  // The language's own writer does all the rest, and does it several times faster than texts are joined here.
  return sorted === undefined ? joinSorted(value) : JSON.stringify(sorted);
}

/** The value with its members in order, itself where they are; undefined where no object could keep that order. */
function sortMembers(value: JsonValue): JsonValue | undefined {
  if (value === null || typeof value !== "object") return value;
  if (isJsonArray(value)) return sortItems(value);
  let last = "";
  let isOrdered = true;
  let changed: Map<string, JsonValue> | undefined;
  for (const name in value) {
    if (name < last) isOrdered = false;
    last = name;
    const member = value[name];
    if (typeof member !== "object" || member === null) continue;
    const sorted = sortMembers(member);
    if (sorted === undefined) return undefined;
    if (sorted !== member) (changed ??= new Map()).set(name, sorted);
  }
  return isOrdered && changed === undefined ? value : copySorted(value, changed);
}

function copySorted(
  value: JsonObject,
  changed: ReadonlyMap<string, JsonValue> | undefined,
): JsonObject | undefined {
  const copy: Record<string, JsonValue> = {};
  for (const name of Object.keys(value).sort()) {
    if (isPlaced(name)) return undefined;
    copy[name] = changed?.get(name) ?? (value[name] as JsonValue);
  }
  return copy;
}

function sortItems(items: readonly JsonValue[]): readonly JsonValue[] | undefined {
  let copy: JsonValue[] | undefined;
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at];
    if (typeof item !== "object" || item === null) continue;
    const sorted = sortMembers(item);
    if (sorted === undefined) return undefined;
    if (sorted === item) continue;
    copy ??= [...items];
    copy[at] = sorted;
  }
  return copy ?? items;
}

/** An object puts names that are numbers first, and takes one for its prototype. */
function isPlaced(name: string): boolean {
  return name === "__proto__" || /^\d/.test(name);
}

function joinSorted(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isJsonArray(value)) return `[${value.map(joinSorted).join(",")}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${joinSorted(value[name] as JsonValue)}`);
  return `{${members.join(",")}}`;
}
