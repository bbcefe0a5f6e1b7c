// What a JSON text is once it was read: its value, and where in the text each part of it stands. Objects inherit
// nothing, so that no key of a caller can be mistaken for a member of the language.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Names of members and indexes of items, from the root; empty = the root. */
export type JsonPath = readonly (string | number)[];

/** A stretch of the text, in UTF-16 units: from `start` to before `end`. */
export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

export interface JsonDocument {
  readonly text: string;
  /** Made when it is first asked for: of most documents nothing but their texts is. */
  readonly value: JsonValue;
  readonly isObject: boolean;
  /** Every name of a member, at least once. */
  readonly names: readonly string[];
  /** Names, strings and numbers as they stand one behind the other, escapes undone, a line break between two. */
  readonly lines: string;
  /** One text for all spellings of the value: see canonicalJson. */
  readonly canonical: string;
  /** Where the value at `path` stands; undefined when there is none. Linear in the text at the first call. */
  spanOf(path: JsonPath): JsonSpan | undefined;
}

/** Names that some languages and libraries treat as more than names: no object has them. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** `items[2].name`; a name that is no plain word stands in brackets and quotes. For people only. */
export function formatJsonPath(path: JsonPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$-]*$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}
