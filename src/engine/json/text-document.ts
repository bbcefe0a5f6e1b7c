import { canonicalJson } from "./canonical-json.ts";
import type { JsonDocument, JsonPath, JsonSpan, JsonValue } from "./json-document.ts";
import { createSpanTree, findSpanNode, type SpanNode } from "./span-tree.ts";

type MutableObject = Record<string, JsonValue>;

/** Makes objects that inherit nothing and are yet as fast as literals, which `Object.create(null)` is not. */
export const Bare = function Bare() {} as unknown as new () => MutableObject;
Bare.prototype = Object.freeze(Object.create(null));

/** What is known of a text that was read; the rest is made when it is asked for. */
interface Known {
  readonly isObject: boolean;
  readonly names: readonly string[];
  readonly lines: string;
  readonly value?: JsonValue;
  readonly canonical?: string;
}

export class TextDocument implements JsonDocument {
  readonly text: string;
  readonly isObject: boolean;
  readonly names: readonly string[];
  readonly lines: string;
  #value: JsonValue | undefined;
  #canonical: string | undefined;
  #tree: SpanNode | undefined;

  constructor(text: string, { isObject, names, lines, value, canonical }: Known) {
    this.text = text;
    this.isObject = isObject;
    this.names = names;
    this.lines = lines;
    this.#value = value;
    this.#canonical = canonical;
  }

  get value(): JsonValue {
    // The text was read before: the language's own reader takes it, and objects alone are made anew.
    if (this.#value === undefined) this.#value = toBare(JSON.parse(this.text) as JsonValue);
    return this.#value;
  }

  get canonical(): string {
    this.#canonical ??= canonicalJson(this.value);
    return this.#canonical;
  }

  spanOf(path: JsonPath): JsonSpan | undefined {
    this.#tree ??= createSpanTree(this.text);
    return findSpanNode(this.#tree, path);
  }
}

function toBare(value: JsonValue): JsonValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    const items = value as JsonValue[];
    for (let at = 0; at < items.length; at += 1) items[at] = toBare(items[at] as JsonValue);
    return items;
  }
  const members = value as MutableObject;
  const bare = new Bare();
  for (const name in members) bare[name] = toBare(members[name] as JsonValue);
  return bare;
}
