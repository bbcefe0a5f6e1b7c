import type { Fields, Group, Leaf, NameFormat, NameMap, Node } from "../../../domain/policy/field.ts";
import { type JsonSchema, shapeSchema } from "./shape-schema.ts";
import { CORE } from "./share-parts.ts";

// From the tables of policy keys to JSON Schema. In a Baseline every key may be `{default, max}`; a bare value is both.

/** Whether values may be `{default, max}`: in a Baseline outside of overrides. */
export interface Writing {
  readonly hasCeilings: boolean;
  readonly isBaseline: boolean;
}

const UNLIMITED: JsonSchema = { const: "unlimited" };

export function nodeSchema(node: Node, writing: Writing): JsonSchema {
  const described = { description: node.description };
  switch (node.node) {
    case "leaf":
      return { ...described, ...leafSchema(node, writing) };
    case "group":
      return { ...described, ...groupSchema(node, writing) };
    case "map": {
      const map = {
        type: "object",
        ...nameSchema(node.names),
        additionalProperties: nodeSchema(node.entry, writing),
        maxProperties: node.maxNames,
      };
      return { ...described, ...orNamed(orList(map, node, writing), node.named) };
    }
    case "list_by_id":
      return {
        ...described,
        type: "array",
        maxItems: node.maxItems,
        items: { ...fieldsSchema(node.fields, writing), required: ["id"] },
      };
    case "every_tier":
      return { ...described, ...fieldsSchema(node.fields, { ...writing, hasCeilings: false }) };
  }
}

function orList(map: JsonSchema, { listKey, entry, names, maxNames }: NameMap, writing: Writing): JsonSchema {
  if (listKey === undefined || entry.node !== "group") return map;
  const item = fieldsSchema(entry.fields, writing);
  const name = { type: "string", pattern: NAME_PATTERNS[names], maxLength: 256 };
  const properties = { [listKey]: name, ...(item["properties"] as object) };
  const items = { ...item, properties, required: [listKey] };
  return { anyOf: [map, { type: "array", maxItems: maxNames, items }] };
}

export function fieldsSchema(fields: Fields, writing: Writing): JsonSchema {
  const written = Object.entries(fields).filter(([, node]) => mayStandIn(node, writing));
  const properties = Object.fromEntries(written.map(([key, node]) => [key, nodeSchema(node, writing)]));
  return { type: "object", properties, additionalProperties: false };
}

function mayStandIn(node: Node, { isBaseline }: Writing): boolean {
  return isBaseline || node.node !== "leaf" || node.meet !== "platform_only";
}

function leafSchema(leaf: Leaf, { hasCeilings }: Writing): JsonSchema {
  const shape = shapeSchema(leaf.shape);
  const value = leaf.unbounded ? { anyOf: [shape, UNLIMITED] } : shape;
  const initial = leaf.default === undefined ? {} : defaultOf(leaf);
  if (!hasCeilings || leaf.shape.kind === "free_map") return { ...initial, [CORE]: value };
  const both = { type: "object", properties: sides(leaf), additionalProperties: false };
  return { ...initial, [CORE]: { anyOf: [value, both] } };
}

/** `default`, and `max` where a ceiling means anything. */
function sides(leaf: Leaf): JsonSchema {
  const shape = shapeSchema(leaf.shape);
  const value = leaf.unbounded ? { anyOf: [shape, UNLIMITED] } : shape;
  const isBound = leaf.meet === "maximum" || leaf.meet === "minimum";
  return {
    default: value,
    ...(hasCeiling(leaf) ? { max: isBound ? { anyOf: [shape, UNLIMITED] } : shape } : {}),
  };
}

/** Keys whose values the most specific tier decides have no ceiling, nor do those that stand in a Baseline alone. */
function hasCeiling({ meet }: Leaf): boolean {
  return meet !== "free" && meet !== "fixed" && meet !== "platform_only";
}

/** The value that holds where nobody writes one, where JSON can say it in the unit of the key. */
function defaultOf({ shape, default: value }: Leaf): JsonSchema {
  const isPlain = ["count", "number", "flag", "word", "text"].includes(shape.kind);
  return isPlain ? { default: value } : {};
}

function groupSchema(group: Group, writing: Writing): JsonSchema {
  const own = fieldsSchema(withAliases(group), writing);
  const { bare } = group;
  if (bare === undefined) return orNamed(own, group.named);
  const child = group.fields[bare] as Node;
  const alone = nodeSchema(child, writing);
  // `{default, max, mode}`: the keys of the value beside those of the group.
  const beside = { ...own, properties: { ...valueKeys(child, writing), ...(own["properties"] as object) } };
  return orNamed({ anyOf: [alone, beside] }, group.named);
}

function valueKeys(child: Node, writing: Writing): JsonSchema {
  if (child.node === "leaf") return writing.hasCeilings ? sides(child) : {};
  if (child.node !== "group") return {};
  const inner = child.bare === undefined ? {} : valueKeys(child.fields[child.bare] as Node, writing);
  return { ...inner, ...(fieldsSchema(child.fields, writing)["properties"] as object) };
}

/** Words that other documents use stand beside a key's own. */
function withAliases(group: Group): Fields {
  const fields: { [key: string]: Node } = { ...group.fields };
  for (const [key, byWord] of Object.entries(group.aliases)) {
    const field = fields[key];
    if (field?.node !== "leaf" || field.shape.kind !== "word") continue;
    const others = Object.keys(byWord).flatMap((word) => [word, word.toUpperCase()]);
    fields[key] = {
      ...field,
      shape: { kind: "word", words: [...new Set([...field.shape.words, ...others])] },
    };
  }
  return fields;
}

function orNamed(schema: JsonSchema, named: Group["named"]): JsonSchema {
  const words = Object.keys(named);
  return words.length === 0 ? schema : { anyOf: [schema, { enum: words }] };
}

const LEVELS = "tenant|team|user|api_key|agent";
const NAME_PATTERNS: { readonly [F in NameFormat]: string } = {
  id: "^[\\x21-\\x7e]{1,128}$",
  counter: "^[\\x21-\\x7e]{1,128}$",
  glob: "^.{1,256}$",
  route: "^.{1,256}$",
  principal: `^(global|(${LEVELS})(:.+)?)$`,
  member: `^(tenant|(${LEVELS}):[^*]+)$`,
  rate_principal: `^(global|(${LEVELS}|provider)(:.+)?|ip:.+)$`,
};

function nameSchema(names: NameFormat): JsonSchema {
  return { propertyNames: { pattern: NAME_PATTERNS[names], maxLength: 256 } };
}
