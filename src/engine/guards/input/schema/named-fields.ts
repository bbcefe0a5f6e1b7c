// Which fields a schema names at each place of a value: those of all its parts that may apply there, through references
// and alternatives. A field that none of them names is unknown, unless a part says that others are welcome.
import { RE2JS, RE2JSException } from "re2js";

type Schema = { readonly [keyword: string]: unknown };

/** What is known of the objects and arrays at one place. */
export interface NamedFields {
  /** Every object is welcome to any field here. */
  readonly isOpen: boolean;
  /** Fields that must be there whatever alternative applies. */
  readonly required: ReadonlySet<string>;
  isNamed(name: string): boolean;
  /** What holds for the value of a field, or for an item. */
  field(name: string): NamedFields;
  item(index: number): NamedFields;
  /** The schema says itself that this very value is fine. */
  lists(value: unknown): boolean;
}

/** Parts that may apply, each with whether it applies for certain. */
interface Part {
  readonly schema: Schema;
  readonly isCertain: boolean;
}

const ALTERNATIVES = ["anyOf", "oneOf"] as const;
const CONDITIONALS = ["if", "then", "else"] as const;

export function createNamedFields(root: Schema): NamedFields {
  const places = new Map<string, NamedFields>();
  const ids = new Map<Schema, number>();
  const idOf = (schema: Schema): number => {
    const id = ids.get(schema) ?? ids.size;
    ids.set(schema, id);
    return id;
  };
  /** Places whose parts are the same are the same place, so that a recursive schema has finitely many. */
  const placeOf = (schemas: readonly unknown[]): NamedFields => {
    const parts = collectParts(root, schemas);
    const key = parts.map(({ schema, isCertain }) => `${idOf(schema)}${isCertain ? "!" : ""}`).join(",");
    const known = places.get(key);
    if (known !== undefined) return known;
    const place = createPlace(parts, placeOf);
    places.set(key, place);
    return place;
  };
  return placeOf([root]);
}

function createPlace(
  parts: readonly Part[],
  placeOf: (schemas: readonly unknown[]) => NamedFields,
): NamedFields {
  const fields = new Map<string, unknown[]>();
  const patterns: { readonly pattern: RE2JS; readonly schema: unknown }[] = [];
  const others: unknown[] = [];
  const required = new Set<string>();
  let namesAny = false;
  let isOpen = false;
  for (const { schema, isCertain } of parts) {
    const properties = schema["properties"];
    if (isSchema(properties)) {
      namesAny = true;
      for (const [name, field] of Object.entries(properties))
        fields.set(name, [...(fields.get(name) ?? []), field]);
    }
    for (const [source, field] of Object.entries(asSchema(schema["patternProperties"]))) {
      namesAny = true;
      const pattern = compileName(source);
      if (pattern === undefined) isOpen = true;
      else patterns.push({ pattern, schema: field });
    }
    for (const keyword of ["additionalProperties", "unevaluatedProperties"]) {
      const other = schema[keyword];
      if (other === undefined || other === false) continue;
      isOpen = true;
      others.push(other);
    }
    if (isCertain && Array.isArray(schema["required"]))
      for (const name of schema["required"]) required.add(String(name));
  }
  const children = new Map<string | number, NamedFields>();
  const remember = (key: string | number, make: () => readonly unknown[]): NamedFields => {
    const child = children.get(key) ?? placeOf(make());
    // Names of a caller must not fill the memory: only named fields are kept.
    if (typeof key === "number" ? key < 16 : fields.has(key)) children.set(key, child);
    return child;
  };
  const matching = (name: string): unknown[] =>
    patterns.filter(({ pattern }) => pattern.test(name)).map(({ schema }) => schema);
  return {
    isOpen: isOpen || !namesAny,
    required,
    isNamed: (name) => fields.has(name) || patterns.some(({ pattern }) => pattern.test(name)),
    field: (name) =>
      remember(name, () => {
        const named = [...(fields.get(name) ?? []), ...matching(name)];
        return named.length > 0 ? named : others;
      }),
    item: (index) => remember(index, () => itemSchemas(parts, index)),
    lists: (value) => parts.some(({ schema }) => listsValue(schema, value)),
  };
}

function itemSchemas(parts: readonly Part[], index: number): readonly unknown[] {
  return parts.flatMap(({ schema }) => {
    const items = schema["items"];
    const prefix = schema["prefixItems"] ?? (Array.isArray(items) ? items : undefined);
    if (Array.isArray(prefix) && index < prefix.length) return [prefix[index] as unknown];
    return [Array.isArray(items) ? schema["additionalItems"] : items, schema["unevaluatedItems"]];
  });
}

function listsValue(schema: Schema, value: unknown): boolean {
  const { enum: list, const: only } = schema;
  return only === value || (Array.isArray(list) && list.includes(value));
}

/** Follows everything that applies to the same value. */
function collectParts(root: Schema, schemas: readonly unknown[]): readonly Part[] {
  const found = new Map<Schema, boolean>();
  const visit = (schema: unknown, isCertain: boolean): void => {
    if (!isSchema(schema) || found.has(schema)) return;
    found.set(schema, isCertain);
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"])
      visit(resolveReference(root, schema[keyword]), isCertain);
    for (const part of asList(schema["allOf"])) visit(part, isCertain);
    for (const keyword of ALTERNATIVES) for (const part of asList(schema[keyword])) visit(part, false);
    for (const keyword of CONDITIONALS) visit(schema[keyword], false);
    for (const part of Object.values(asSchema(schema["dependentSchemas"]))) visit(part, false);
    for (const part of Object.values(asSchema(schema["dependencies"]))) visit(part, false);
  };
  for (const schema of schemas) visit(schema, true);
  return [...found].map(([schema, isCertain]) => ({ schema, isCertain }));
}

/** A place within the same schema; anything else was refused when the schema was compiled, or is open. */
export function resolveReference(root: Schema, reference: unknown): unknown {
  if (typeof reference !== "string") return undefined;
  const hash = reference.indexOf("#");
  if (hash === -1) return OPEN;
  const fragment = decodeFragment(reference.slice(hash + 1));
  if (fragment === "") return root;
  if (!fragment.startsWith("/")) return OPEN;
  let part: unknown = root;
  for (const name of fragment.slice(1).split("/")) {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    part = Array.isArray(part) ? (part[Number(key)] as unknown) : asSchema(part)[key];
  }
  return part ?? OPEN;
}

const OPEN: Schema = { additionalProperties: true };

function decodeFragment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign stands for itself.
    return text;
  }
}

function compileName(source: string): RE2JS | undefined {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return undefined;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
