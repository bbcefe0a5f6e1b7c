// One text for all spellings of a value (RFC 8785), for signatures and digests. Own because the public one keeps track of
// cycles and foreign objects, which values of a document cannot hold; tested against it.
import { isJsonArray, type JsonValue } from "./json-document.ts";

const known = new WeakMap<object, string>();

/** `canonicalJson`, remembered with the value: a call is compared, signed and attributed by the same text. */
export function canonicalJsonOnce(value: JsonValue): string {
  if (value === null || typeof value !== "object") return canonicalJson(value);
  let text = known.get(value);
  if (text === undefined) {
    text = canonicalJson(value);
    known.set(value, text);
  }
  return text;
}

/**
 * Members sorted by UTF-16 units, numbers as ECMAScript prints them, no blanks. A lone surrogate, which RFC 8785 refuses,
 * is written as its escape. The depth of `value` must be bounded by its reader.
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isJsonArray(value)) {
    let text = "[";
    for (const [index, item] of value.entries()) text += (index === 0 ? "" : ",") + canonicalJson(item);
    return `${text}]`;
  }
  let text = "{";
  for (const name of Object.keys(value).sort()) {
    if (text !== "{") text += ",";
    text += `${JSON.stringify(name)}:${canonicalJson(value[name] as JsonValue)}`;
  }
  return `${text}}`;
}
