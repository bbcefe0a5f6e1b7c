import { MAX_CUSTOM_COUNTERS, MAX_LABELS } from "../../domain/execution.ts";
import type { PolicyDocument, PolicyIssue, PolicyPath } from "../../domain/policy/document.ts";
import type { Leaf, Node } from "../../domain/policy/field.ts";
import { RULES, type RuleSettings } from "../../domain/policy/rule-fields.ts";
import type { TextFormat } from "../../domain/policy/shape.ts";
import { compileExpression, isExpressionIssue } from "../expressions/expression.ts";
import { compileCondition } from "../expressions/tool-conditions.ts";
import { findPatternIssue } from "../patterns/check-pattern.ts";
import { parseRange } from "../rates/cidr-trie.ts";
import { checkRule } from "../rules/check-rule.ts";
import type { Steps } from "../steps.ts";
import { isTimeZone } from "../time/calendar.ts";
import { type ReadDocument, readDocument, readDocumentInSteps } from "./documents/read-document.ts";
import type { Tree } from "./documents/read-node.ts";
import { showValue, valueToJson } from "./documents/read-value.ts";
import { equalValues, isLooser, isMet, type Written } from "./meet.ts";
import type { PolicySet } from "./policy-set.ts";
import { ALL_SECTIONS, decidedAt, type PolicySides } from "./policy-source.ts";
import { createPolicySetInSteps } from "./resolve-policy.ts";
import { sidesOfTiers } from "./tiers/combine-tiers.ts";
import { resolveFields } from "./tiers/resolve.ts";
import { placeOfId, stepInto } from "./tiers/sides.ts";

// What is wrong with a document beyond its form: rules that say too little, patterns and expressions that do not compile, values
// looser than a ceiling. In pieces, so that whoever reads documents can let others have their turn in between.

/** Documents that bound the one that is checked. */
export interface Bounding {
  readonly baseline: PolicyDocument | undefined;
  /** The tenant's file, when the document is what the admin API keeps. */
  readonly file?: PolicyDocument | undefined;
}

/**
 * Every issue of a document, in the order of its sections; undefined between pieces of at most a millisecond or two. A Tenant's value that is looser than a ceiling is an issue naming both: refuse a document
 * that says it for the first time; one that was good before the ceiling fell is clamped.
 */
export function* checkDocument(
  document: PolicyDocument,
  bounding: Bounding,
): Generator<PolicyIssue | undefined> {
  const read = yield* readDocumentInSteps(document);
  yield* read.issues;
  if (!isReadable(read)) return;
  const tiers = yield* tiersUnder(document, read, bounding);
  yield* checkRules(read, tiers, read.kind === "Tenant" ? bounding.baseline : undefined);
  const entries: Entry[] = [];
  for (const entry of walkDocument(read)) {
    entries.push(entry);
    yield undefined;
  }
  yield* checkTexts(read, entries);
  yield* checkAdjusted(read, entries);
  yield* checkCounters(read);
  if (read.kind !== "Tenant") return;
  yield* checkJoined(read, tiers);
  yield* checkCeilings(read, entries, tiers, bounding);
}

/** Whether values stand where they were written: an entry that was left out of a list moves those behind it. */
function isReadable({ kind, tenant, issues }: ReadDocument): boolean {
  if (kind === "Tenant" && tenant === undefined) return false;
  return issues.every(({ path }) => typeof path.at(-1) !== "number" && path.at(-1) !== "id");
}

/** What would be said for the tenant, or for all without a document. */
function* tiersUnder(
  document: PolicyDocument,
  { tenant }: ReadDocument,
  { baseline, file }: Bounding,
): Steps<PolicySides> {
  if (tenant === undefined) return (yield* platformSet(document)).base;
  const documents = file === undefined ? { file: document, api: undefined } : { file, api: document };
  for (const one of [documents.file, documents.api]) if (one !== undefined) yield* readDocumentInSteps(one);
  return sidesOfTiers(yield* platformSet(baseline), { tenant, isInvalid: false, ...documents }, [], []);
}

const platformSets = new WeakMap<object, PolicySet>();
/** In place of a Baseline where there is none. */
const NO_BASELINE = Object.freeze({});

/** What holds without any tenant: the same for all documents that are checked under one Baseline. */
function* platformSet(baseline: PolicyDocument | undefined): Steps<PolicySet> {
  const known = platformSets.get(baseline ?? NO_BASELINE);
  if (known !== undefined) return known;
  const made = yield* createPolicySetInSteps({ baseline, tenants: [] });
  platformSets.set(baseline ?? NO_BASELINE, made);
  return made;
}

/** Rules that the document makes, not those of a broader tier that it restates. */
function* checkRules(
  read: ReadDocument,
  { sides, resolution }: PolicySides,
  baseline: PolicyDocument | undefined,
): Generator<PolicyIssue | undefined> {
  const above = stepInto(sides, "rules");
  const { rules: broader } = (yield* platformSet(baseline)).base.settings;
  const written = (read.values["rules"] ?? []) as readonly (Tree & { readonly id: string })[];
  for (const [place, { id }] of written.entries()) {
    const isWrong = read.issues.some(({ path }) => path[0] === "rules" && path[1] === place);
    if (!isWrong && placeOfId(broader, id) < 0) {
      const rule = yield* resolveFields(resolution, RULES.fields, stepInto(above, id), undefined, [], false);
      for (const { key, message } of checkRule(rule as unknown as RuleSettings))
        yield issueOf(read, ["rules", place, key], message);
    }
    yield undefined;
  }
}

function* checkTexts(read: ReadDocument, entries: readonly Entry[]): Generator<PolicyIssue | undefined> {
  for (const { leaf, value, path } of entries) {
    yield undefined;
    // Patterns and expressions of rules were compiled with their rules.
    if (path[0] === "rules") continue;
    const shape = leaf.shape.kind === "list" ? leaf.shape.items : leaf.shape;
    if (shape.kind !== "text") continue;
    const check = checkOf(shape.format, path);
    if (check === undefined) continue;
    const texts = (Array.isArray(value) ? value : [value]) as readonly string[];
    for (const [place, text] of texts.entries()) {
      const problem = check(text);
      if (problem === undefined) continue;
      yield issueOf(read, Array.isArray(value) ? [...path, place] : path, `${showValue(text)} ${problem}`);
    }
    yield undefined;
  }
}

/** Counters are kept by name: every object has these names already. */
function* checkCounters(read: ReadDocument): Generator<PolicyIssue> {
  const names = (read.values["custom_counters"] ?? []) as readonly string[];
  for (const name of names)
    if (name in Object.prototype)
      yield issueOf(read, ["custom_counters"], `${showValue(name)} is no name of a counter`);
}

/** `auto_adjust` where nothing would follow it: a key that does nothing is a mistake. */
function* checkAdjusted(read: ReadDocument, entries: readonly Entry[]): Generator<PolicyIssue | undefined> {
  for (const { value, path, keys } of entries) {
    yield undefined;
    const place = keys.indexOf("auto_adjust");
    if (place < 0 || keys.at(-1) !== "mode" || value === "off") continue;
    const [section, principal = "", key = ""] = keys.map(String);
    const isFollowed =
      section === "quotas"
        ? !GAUGES.includes(key)
        : !/^(?:provider|ip):/.test(principal) && !namesRoutes(read, principal);
    if (isFollowed) continue;
    const what = "follows quotas on windows and rates of principals without endpoint_multipliers";
    yield issueOf(read, path, `${showValue(value)} has no effect here: auto_adjust ${what}`);
  }
}

const GAUGES = ["storage_gb", "concurrent_requests", "concurrent_executions"];

function namesRoutes({ values }: ReadDocument, principal: string): boolean {
  const rates = values["rates"] as { readonly [name: string]: Tree } | undefined;
  return Object.keys(rates?.[principal]?.["endpoint_multipliers"] ?? {}).length > 0;
}

type TextCheck = (text: string) => string | undefined;

/** Conditions of tool calls are written in the words of a call, before it or after it; all others in those of a request. */
function checkOf(format: TextFormat, path: PolicyPath): TextCheck | undefined {
  if (format !== "cel" || !path.includes("guards")) return CHECKS[format];
  const time = path.includes("post") ? "post" : "pre";
  return (text) => problemOf(compileCondition(text, time));
}

function problemOf(result: ReturnType<typeof compileExpression>): string | undefined {
  return isExpressionIssue(result) ? `${result.message} (character ${result.position + 1})` : undefined;
}

const CHECKS: { readonly [F in TextFormat]?: TextCheck } = {
  time_zone: (text) => (isTimeZone(text) ? undefined : "must be the name of a time zone, as Europe/Berlin"),
  cidr: (text) =>
    parseRange(text) === undefined ? "must be an address or a range of them, as 203.0.113.0/24" : undefined,
  re2: (text) => {
    return findPatternIssue({ id: "", pattern: text })?.message.replace(/^pattern {2}/, "");
  },
  cel: (text) => problemOf(compileExpression(text)),
};

function* checkCeilings(
  read: ReadDocument,
  entries: readonly Entry[],
  tiers: PolicySides,
  { file }: Bounding,
): Generator<PolicyIssue | undefined> {
  const above = file === undefined ? undefined : readDocument(file);
  for (const { leaf, value, path, keys } of entries) {
    yield undefined;
    const decided = decidedAt(tiers, keys);
    if (decided === undefined) continue;
    const { ceiling, ceilingBy } = decided;
    if (leaf.meet === "fixed") {
      const holder = decided.by?.part;
      if (holder !== undefined && holder.tier !== "tenant" && !equalValues(decided.value, value))
        yield aboveCeiling(
          read,
          path,
          `${showJson(leaf, value)} differs from the Baseline's ${showJson(leaf, decided.value)}, which stays`,
        );
      continue;
    }
    if (!isMet(leaf.meet)) continue;
    const held = above === undefined ? undefined : writtenAt(above, keys);
    for (const [bound, by] of [
      [ceiling, ceilingBy?.part.document.name],
      [held, above?.name],
    ] as const) {
      if (bound === undefined || !isLooser(leaf, value, bound)) continue;
      const where = by === undefined ? "" : ` of ${by}`;
      yield aboveCeiling(
        read,
        path,
        `${showJson(leaf, value)} is looser than the ceiling ${showJson(leaf, bound)}${where}`,
      );
      break;
    }
  }
}

/** Lists that all documents fill together, with the names that an execution can carry. */
const JOINED_MAX = { custom_counters: MAX_CUSTOM_COUNTERS, required_labels: MAX_LABELS };

function* checkJoined(read: ReadDocument, tiers: PolicySides): Generator<PolicyIssue> {
  for (const [key, most] of Object.entries(JOINED_MAX)) {
    if (read.values[key] === undefined) continue;
    const { length } = (decidedAt(tiers, [key])?.value ?? []) as readonly string[];
    if (length <= most) continue;
    const message = `together with those of broader documents these are ${length} names; at most ${most}`;
    yield aboveCeiling(read, [key], message);
  }
}

function showJson(leaf: Leaf, value: Written): string {
  return value === undefined ? "nothing" : valueToJson(leaf.shape, value);
}

/** What a document itself writes at a path of names and ids. */
function writtenAt(read: ReadDocument, keys: PolicyPath): Written {
  let at: Written = read.values;
  for (const key of keys) {
    if (Array.isArray(at)) at = (at as readonly { readonly id?: unknown }[]).find(({ id }) => id === key);
    else at = typeof at === "object" && at !== null ? (at as Tree)[key] : undefined;
  }
  return at;
}

function aboveCeiling(read: ReadDocument, path: PolicyPath, message: string): PolicyIssue {
  return { ...issueOf(read, path, message), isAboveCeiling: true };
}

function issueOf(read: ReadDocument, path: PolicyPath, message: string): PolicyIssue {
  return { document: read.name ?? "", path, message };
}

/** One written value: where it stands in the document, and by which names and ids its key is found. */
interface Entry {
  readonly leaf: Leaf;
  readonly value: Written;
  readonly path: PolicyPath;
  readonly keys: PolicyPath;
}

function* walkDocument(read: ReadDocument): Generator<Entry> {
  yield* walk(ALL_SECTIONS, read.values, [], []);
  for (const { values, path } of read.overrides) yield* walk(ALL_SECTIONS, values, path, []);
}

function* walk(node: Node, value: Written, path: PolicyPath, keys: PolicyPath): Generator<Entry> {
  if (node.node === "leaf") {
    yield { leaf: node, value, path, keys };
    return;
  }
  if (node.node === "list_by_id") {
    for (const [place, item] of (value as readonly (Tree & { readonly id: string })[]).entries()) {
      for (const [key, part] of Object.entries(item)) {
        const field = node.fields[key];
        if (field !== undefined) yield* walk(field, part, [...path, place, key], [...keys, item.id, key]);
      }
    }
    return;
  }
  for (const [key, part] of Object.entries(value as Tree)) {
    const below = node.node === "map" ? node.entry : node.fields[key];
    if (below !== undefined) yield* walk(below, part, [...path, key], [...keys, key]);
  }
}
