import { isId } from "../../../domain/ids.ts";
import type { PolicyIssue, PolicyPath } from "../../../domain/policy/document.ts";
import type {
  Fields,
  Group,
  Leaf,
  ListById,
  NameFormat,
  NameMap,
  Node,
} from "../../../domain/policy/field.ts";
import { parseRange } from "../../rates/cidr-trie.ts";
import type { Steps } from "../../steps.ts";
import { canonicalList, isLooser, isMet, type Written } from "../meet.ts";
import { isMapping, readValue, showValue, UNLIMITED } from "./read-value.ts";

// From a part of a document to written values, along the table of its keys. In a Baseline every key has two values, the
// default and the ceiling; a bare value is both. What is wrong is named by path, all of it at once.

/** Written values by key; only what the document writes is there. */
export interface Tree {
  readonly [key: string]: Written;
}

/** What a document writes at one place: in a Baseline the default and the ceiling, elsewhere the value alone. */
export interface Pair {
  readonly value: Written;
  readonly ceiling: Written;
}

export interface Reading {
  readonly document: string;
  /** Whether values are `{default, max}`: in a Baseline outside of overrides. */
  readonly hasCeilings: boolean;
  readonly isBaseline: boolean;
  readonly issues: PolicyIssue[];
}

const NOTHING: Pair = { value: undefined, ceiling: undefined };

function* readNode(reading: Reading, node: Node, raw: unknown, path: PolicyPath): Steps<Pair> {
  if (raw === null) return refuse(reading, path, "is empty: write a value or leave the key out");
  switch (node.node) {
    case "leaf":
      return readLeaf(reading, node, raw, path);
    case "group":
      return yield* readGroup(reading, node, raw, path);
    case "map":
      return yield* readMap(reading, node, raw, path);
    case "list_by_id":
      return yield* readListById(reading, node, raw, path);
    case "every_tier": {
      if (!isMapping(raw)) return refuse(reading, path, "must be a mapping");
      const { value } = yield* readFields({ ...reading, hasCeilings: false }, node.fields, raw, path);
      return { value, ceiling: undefined };
    }
  }
}

/** Problems that are told of one document: a document of nonsense has tens of thousands. */
export const MAX_ISSUES = 1_000;

function refuse({ issues, document }: Reading, path: PolicyPath, message: string): Pair {
  if (issues.length < MAX_ISSUES) issues.push({ document, path, message });
  else if (issues.length === MAX_ISSUES)
    issues.push({ document, path, message: `is wrong too; only the first ${MAX_ISSUES} problems are told` });
  return NOTHING;
}

function readLeaf(reading: Reading, leaf: Leaf, raw: unknown, path: PolicyPath): Pair {
  if (leaf.meet === "platform_only" && !reading.isBaseline)
    return refuse(reading, path, "stands in a Baseline alone");
  const mayHaveBoth = reading.hasCeilings && leaf.shape.kind !== "free_map";
  if (!mayHaveBoth || !isMapping(raw)) {
    const value = readOne(reading, leaf, raw, path, leaf.unbounded);
    return { value, ceiling: reading.hasCeilings && hasCeiling(leaf) ? value : undefined };
  }
  for (const key of Object.keys(raw)) {
    if (key !== "default" && key !== "max")
      refuse(reading, [...path, key], "is no key here; allowed are default, max");
  }
  const value = readSide(reading, leaf, raw, "default", path, leaf.unbounded);
  const ceiling = readSide(reading, leaf, raw, "max", path, isBound(leaf));
  if (ceiling !== undefined && !hasCeiling(leaf))
    return refuse(reading, [...path, "max"], "this key has no ceiling: the most specific document decides");
  if (value !== undefined && ceiling !== undefined && isLooser(leaf, value, ceiling))
    return refuse(
      reading,
      [...path, "default"],
      `${showValue(raw["default"])} is looser than the ceiling ${showValue(raw["max"])}`,
    );
  return { value, ceiling };
}

function hasCeiling(leaf: Leaf): boolean {
  return isMet(leaf.meet) || leaf.meet === "preset";
}

function isBound(leaf: Leaf): boolean {
  return leaf.meet === "maximum" || leaf.meet === "minimum";
}

function readSide(
  reading: Reading,
  leaf: Leaf,
  raw: { readonly [key: string]: unknown },
  side: "default" | "max",
  path: PolicyPath,
  mayBeUnlimited: boolean,
): Written {
  return Object.hasOwn(raw, side)
    ? readOne(reading, leaf, raw[side], [...path, side], mayBeUnlimited)
    : undefined;
}

/** Undefined when it was refused. */
function readOne(
  reading: Reading,
  leaf: Leaf,
  raw: unknown,
  path: PolicyPath,
  mayBeUnlimited: boolean,
): Written {
  if (raw === UNLIMITED && mayBeUnlimited) return null;
  const read = readValue(leaf.shape, raw);
  if (!read.ok) {
    const also = mayBeUnlimited ? `, or ${UNLIMITED}` : "";
    const at = read.at;
    if (at === undefined) refuse(reading, path, `${showValue(raw)} ${read.must}${also}`);
    else refuse(reading, [...path, at], `${showValue((raw as readonly unknown[])[at])} ${read.must}`);
    return undefined;
  }
  return leaf.shape.kind === "list" ? canonicalList(read.value as readonly unknown[], leaf) : read.value;
}

function* readGroup(reading: Reading, node: Group, raw: unknown, path: PolicyPath): Steps<Pair> {
  const named = typeof raw === "string" && Object.hasOwn(node.named, raw) ? node.named[raw] : undefined;
  if (named !== undefined) return yield* readFields(reading, node.fields, named, path);
  const { bare } = node;
  if (!isMapping(raw)) {
    if (bare === undefined) return refuse(reading, path, "must be a mapping");
    const pair = yield* readNode(reading, node.fields[bare] as Node, raw, path);
    return { value: wrap(bare, pair.value), ceiling: wrap(bare, pair.ceiling) };
  }
  const plain = applyAliases(reading, node, raw, path);
  if (bare === undefined) return yield* readFields(reading, node.fields, plain, path);
  // Keys that are not the group's own are those of the value that stands in its place: `{default, max, mode}`.
  const child = node.fields[bare] as Node;
  const rest = Object.fromEntries(
    Object.entries(plain).filter(
      ([key]) => !Object.hasOwn(node.fields, key) && isOfValue(reading, child, key),
    ),
  );
  if (Object.keys(rest).length === 0 || Object.hasOwn(plain, bare))
    return yield* readFields(reading, node.fields, plain, path);
  const own = Object.fromEntries(Object.entries(plain).filter(([key]) => !Object.hasOwn(rest, key)));
  const fields = yield* readFields(reading, node.fields, own, path);
  const pair = yield* readNode(reading, child, rest, path);
  return { value: add(fields.value, bare, pair.value), ceiling: add(fields.ceiling, bare, pair.ceiling) };
}

function isOfValue(reading: Reading, child: Node, key: string): boolean {
  if (reading.hasCeilings && (key === "default" || key === "max")) return true;
  return (
    child.node === "group" &&
    (Object.hasOwn(child.fields, key) ||
      (child.bare !== undefined && isOfValue(reading, child.fields[child.bare] as Node, key)))
  );
}

function wrap(key: string, value: Written): Written {
  return value === undefined ? undefined : { [key]: value };
}

function add(tree: Written, key: string, value: Written): Written {
  return value === undefined ? tree : { ...(tree as Tree | undefined), [key]: value };
}

function applyAliases(
  reading: Reading,
  node: Group,
  raw: { readonly [key: string]: unknown },
  path: PolicyPath,
): { readonly [key: string]: unknown } {
  const result: { [key: string]: unknown } = { ...raw };
  for (const [key, byWord] of Object.entries(node.aliases)) {
    const word = raw[key];
    const meant = typeof word === "string" ? byWord[word.toLowerCase()] : undefined;
    if (meant === undefined) continue;
    delete result[key];
    if (Object.hasOwn(raw, meant.key))
      refuse(reading, [...path, key], `says the same as ${meant.key}: write one of them`);
    else result[meant.key] = meant.value;
  }
  return result;
}

export function* readFields(
  reading: Reading,
  fields: Fields,
  raw: { readonly [key: string]: unknown },
  path: PolicyPath,
): Steps<Pair> {
  const values: { [key: string]: Written } = {};
  const ceilings: { [key: string]: Written } = {};
  let allowed: string | undefined;
  for (const [key, part] of Object.entries(raw)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      allowed ??= Object.keys(fields).join(", ");
      refuse(reading, [...path, key], `is no key here; allowed are ${allowed}`);
      continue;
    }
    const pair = yield* readNode(reading, field, part, [...path, key]);
    if (pair.value !== undefined) values[key] = pair.value;
    if (pair.ceiling !== undefined) ceilings[key] = pair.ceiling;
  }
  return { value: values, ceiling: reading.hasCeilings ? ceilings : undefined };
}

/** `at`: where the one entry stands that was written in a list. */
function* readMap(
  reading: Reading,
  node: NameMap,
  raw: unknown,
  path: PolicyPath,
  at?: PolicyPath,
): Steps<Pair> {
  if (node.listKey !== undefined && Array.isArray(raw))
    return yield* readMapAsList(reading, node, node.listKey, raw, path);
  const named = typeof raw === "string" && Object.hasOwn(node.named, raw) ? node.named[raw] : raw;
  if (!isMapping(named)) return refuse(reading, path, "must be a mapping");
  const entries = Object.entries(named);
  if (entries.length > node.maxNames)
    return refuse(reading, path, `has ${entries.length} names; at most ${node.maxNames} are allowed`);
  const values: { [name: string]: Written } = {};
  const ceilings: { [name: string]: Written } = {};
  for (const [name, part] of entries) {
    const inner = at ?? [...path, name];
    const wrong = judgeName(node.names, name);
    if (wrong !== undefined) {
      refuse(reading, inner, wrong);
      continue;
    }
    const pair = yield* readNode(reading, node.entry, part, inner);
    if (pair.value !== undefined) values[name] = pair.value;
    if (pair.ceiling !== undefined) ceilings[name] = pair.ceiling;
    yield;
  }
  return { value: values, ceiling: reading.hasCeilings ? ceilings : undefined };
}

/** The same with the name within each entry, which keeps its place for what is told of it. */
function* readMapAsList(
  reading: Reading,
  node: NameMap,
  listKey: string,
  raw: readonly unknown[],
  path: PolicyPath,
): Steps<Pair> {
  if (raw.length > node.maxNames)
    return refuse(reading, path, `has ${raw.length} entries; at most ${node.maxNames} are allowed`);
  const values: { [name: string]: Written } = {};
  const ceilings: { [name: string]: Written } = {};
  for (const [place, item] of raw.entries()) {
    const at = [...path, place];
    const name = isMapping(item) ? item[listKey] : undefined;
    if (!isMapping(item) || typeof name !== "string") {
      refuse(reading, at, `must be a mapping with ${listKey}`);
      continue;
    }
    const rest = Object.fromEntries(Object.entries(item).filter(([key]) => key !== listKey));
    const pair = yield* readMap(reading, node, { [name]: rest }, path, at);
    if (Object.hasOwn(values, name)) refuse(reading, [...at, listKey], `${showValue(name)} is there already`);
    Object.assign(values, pair.value);
    Object.assign(ceilings, pair.ceiling);
  }
  return { value: values, ceiling: reading.hasCeilings ? ceilings : undefined };
}

/** Characters of a name in a map. */
const MAX_NAME = 256;
const PRINCIPAL = /^(?:global|(?:tenant|team|user|api_key|agent)(?::.+)?)$/;
const MEMBER = /^(?:tenant|(?:tenant|team|user|api_key|agent):[^*]+)$/;
const RATE_PRINCIPAL = /^(?:global|(?:tenant|team|user|api_key|agent|provider)(?::.+)?)$/;

function judgeName(format: NameFormat, name: string): string | undefined {
  if (name === "__proto__" || name === "" || name.length > MAX_NAME)
    return `must be a name of 1 to ${MAX_NAME} characters`;
  if ((format === "id" || format === "counter") && !isId(name))
    return "must be a name of 1 to 128 visible ASCII characters";
  if (format === "principal" && !PRINCIPAL.test(name))
    return "must be global, or a level (tenant, team, user, api_key, agent), alone or with a name, as user:*; addresses have rates";
  if (format === "member" && !MEMBER.test(name))
    return "must be one principal: tenant, or team, user, api_key or agent with its name, as user:ann; no pattern";
  if (format === "rate_principal" && !RATE_PRINCIPAL.test(name) && !isRange(name))
    return "must be global, a level (tenant, team, user, api_key, agent, provider), alone or with a name, as user:*, or a range of addresses, as ip:203.0.113.0/24";
  return undefined;
}

function isRange(name: string): boolean {
  return name.startsWith("ip:") && parseRange(name.slice("ip:".length)) !== undefined;
}

function* readListById(reading: Reading, node: ListById, raw: unknown, path: PolicyPath): Steps<Pair> {
  if (!Array.isArray(raw)) return refuse(reading, path, "must be a list");
  if (raw.length > node.maxItems)
    return refuse(reading, path, `has ${raw.length} entries; at most ${node.maxItems} are allowed`);
  const values: Written[] = [];
  const ceilings: Written[] = [];
  const seen = new Set<string>();
  for (const [place, item] of raw.entries()) {
    const at = [...path, place];
    if (!isMapping(item)) {
      refuse(reading, at, "must be a mapping");
      continue;
    }
    const pair = yield* readFields(reading, node.fields, item, at);
    const { id } = pair.value as { readonly id?: string };
    if (id === undefined) {
      if (!Object.hasOwn(item, "id")) refuse(reading, at, "needs an id");
      continue;
    }
    if (seen.has(id)) refuse(reading, [...at, "id"], `${showValue(id)} is the id of an earlier entry`);
    seen.add(id);
    values.push(pair.value);
    if (reading.hasCeilings) ceilings.push({ ...(pair.ceiling as Tree), id });
    yield;
  }
  return { value: values, ceiling: reading.hasCeilings ? ceilings : undefined };
}
