import { isJsonArray, isJsonObject, type JsonDocument, type JsonValue } from "../../json/json-document.ts";

/** How large an output is, by every measure that the guard knows. */
export interface OutputMeasure {
  /** Bytes of the JSON text in UTF-8. */
  readonly bytes: number;
  /** Characters (code points) of the JSON text. */
  readonly characters: number;
  /** Objects and arrays inside one another; a scalar has depth 0. */
  readonly depth: number;
  /** Items of the longest array. */
  readonly arrayLength: number;
  /** Characters (code points) of the longest string value. */
  readonly stringLength: number;
}

export function measureOutput(document: JsonDocument): OutputMeasure {
  const sizes = { depth: 0, arrayLength: 0, stringLength: 0 };
  measureValue(document.value, 0, sizes);
  const characters = countCharacters(document.text);
  return { bytes: countBytes(document.text), characters, ...sizes };
}

interface Sizes {
  depth: number;
  arrayLength: number;
  stringLength: number;
}

/** The depth of a document is bounded by its reader. */
function measureValue(value: JsonValue, depth: number, sizes: Sizes): void {
  if (typeof value === "string") {
    if (value.length > sizes.stringLength)
      sizes.stringLength = Math.max(sizes.stringLength, countCharacters(value));
    return;
  }
  if (value === null || typeof value !== "object") return;
  sizes.depth = Math.max(sizes.depth, depth + 1);
  if (isJsonArray(value)) {
    sizes.arrayLength = Math.max(sizes.arrayLength, value.length);
    for (const item of value) measureValue(item, depth + 1, sizes);
  } else if (isJsonObject(value)) {
    for (const name in value) measureValue(value[name] as JsonValue, depth + 1, sizes);
  }
}

/** Code points; half a surrogate pair counts as one. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at += 1)
    if (isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1))) {
      count -= 1;
      at += 1;
    }
  return count;
}

/** Bytes in UTF-8, half a surrogate pair as its replacement of three. */
export function countBytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(at + 1))) {
      bytes += 2;
      at += 1;
    } else bytes += 2;
  }
  return bytes;
}

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

export function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
