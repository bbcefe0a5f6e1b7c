import type { JsonSchema } from "./shape-schema.ts";

// Parts that a schema holds more than once become definitions: an editor reads a few kilobytes instead of half a megabyte.

/** Characters below which a part is written out again. */
const WORTH_SHARING = 100;

/** Holds the part of a schema that others may have, too, beside a description of its own. It is gone from the result. */
export const CORE = "core";

export function shareParts(schema: JsonSchema): JsonSchema {
  const counts = new Map<string, number>();
  count(schema, counts);
  const definitions = new Map<string, string>();
  const bodies: { [name: string]: JsonSchema } = {};
  const rewrite = (part: JsonSchema, name: string): JsonSchema => {
    const text = JSON.stringify(part);
    if (text.length < WORTH_SHARING || (counts.get(text) ?? 0) < 2) return mapParts(part, name, rewrite);
    let known = definitions.get(text);
    if (known === undefined) {
      known = freeName(name, bodies);
      // Its name is taken before its parts look for theirs.
      bodies[known] = {};
      definitions.set(text, known);
      bodies[known] = mapParts(part, name, rewrite);
    }
    return { $ref: `#/$defs/${known}` };
  };
  const root = mapParts(schema, "root", rewrite);
  return Object.keys(bodies).length === 0 ? root : { ...root, $defs: bodies };
}

function freeName(name: string, taken: { readonly [name: string]: unknown }): string {
  let free = name;
  for (let more = 2; Object.hasOwn(taken, free); more++) free = `${name}_${more}`;
  return free;
}

function count(part: JsonSchema, counts: Map<string, number>): void {
  const text = JSON.stringify(part);
  const seen = counts.get(text) ?? 0;
  counts.set(text, seen + 1);
  // What is inside of a part that is shared is written once.
  if (seen > 0) return;
  mapParts(part, "", (inner) => {
    count(inner, counts);
    return inner;
  });
}

/** The same schema with every schema within it replaced; `name` is the key that leads there. */
function mapParts(
  schema: JsonSchema,
  name: string,
  replace: (part: JsonSchema, name: string) => JsonSchema,
): JsonSchema {
  const mapped: { [keyword: string]: unknown } = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === "properties")
      mapped[keyword] = Object.fromEntries(
        Object.entries(value as JsonSchema).map(([key, part]) => [key, replace(part as JsonSchema, key)]),
      );
    else if (keyword === "anyOf")
      mapped[keyword] = (value as readonly JsonSchema[]).map((part) => replace(part, name));
    else if (keyword === CORE) Object.assign(mapped, replace(value as JsonSchema, name));
    else if (keyword === "items" || (keyword === "additionalProperties" && typeof value === "object"))
      mapped[keyword] = replace(value as JsonSchema, name);
    else mapped[keyword] = value;
  }
  return mapped;
}
