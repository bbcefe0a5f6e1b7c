import { MAX_CUSTOM_COUNTERS, MAX_LABELS } from "../../domain/execution.ts";
import type { PolicyDocument, PolicyIssue, PolicyPath } from "../../domain/policy/document.ts";
import { RULES, type RuleSettings } from "../../domain/policy/rule-fields.ts";
import { createMemo } from "../memos/memo.ts";
import { checkRule } from "../rules/check-rule.ts";
import type { Steps } from "../steps.ts";
import { checkAdjusted, checkNames, checkRates, checkRestated } from "./checks/check-effect.ts";
import { checkTexts } from "./checks/check-texts.ts";
import { aboveCeiling, type Entry, entriesOf, issueOf, showJson } from "./checks/written-entries.ts";
import { type ReadDocument, readDocument, readDocumentInSteps } from "./documents/read-document.ts";
import type { Tree } from "./documents/read-node.ts";
import { showValue } from "./documents/read-value.ts";
import { isLooser, isMet, type Written } from "./meet.ts";
import type { PolicySet } from "./policy-set.ts";
import { decidedAt, type PolicySides } from "./policy-source.ts";
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
  const entries = yield* entriesOf(read);
  yield* checkTexts(document, read, entries);
  yield* checkAdjusted(read, entries);
  yield* checkCounters(read);
  yield* checkRates(read, tiers);
  const { settings } = (yield* platformSet(read.kind === "Tenant" ? bounding.baseline : undefined)).base;
  yield* checkRestated(read, entries, tiers, settings, bounding.file);
  if (read.kind !== "Tenant") return;
  yield* checkNames(read, entries, tiers);
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

const platformSets = createMemo<object, PolicySet>();
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
  const written = rulesIn(read.values);
  for (const [place, { id }] of written.entries()) {
    const isWrong = read.issues.some(({ path }) => path[0] === "rules" && path[1] === place);
    if (!isWrong && placeOfId(broader, id) < 0) {
      const rule = yield* resolveFields(resolution, RULES.fields, stepInto(above, id), undefined, [], false);
      for (const { key, message } of checkRule(rule as unknown as RuleSettings))
        yield issueOf(read, ["rules", place, key], message);
    }
    yield undefined;
  }
  // A rule that only an override makes is whole in it: what it leaves out nobody else says.
  const known = new Set([...broader, ...written].map(({ id }) => id));
  for (const { values, path } of read.overrides)
    for (const [place, rule] of rulesIn(values).entries()) {
      const at = [...path, "rules", place];
      const isWrong = read.issues.some((issue) => at.every((key, index) => issue.path[index] === key));
      if (!isWrong && !known.has(rule.id))
        for (const { key, message } of checkRule(rule as unknown as RuleSettings))
          yield issueOf(read, [...at, key], message);
      known.add(rule.id);
      yield undefined;
    }
}

function rulesIn(values: Tree): readonly (Tree & { readonly id: string })[] {
  return (values["rules"] ?? []) as readonly (Tree & { readonly id: string })[];
}

/** Counters are kept by name: every object has these names already. */
function* checkCounters(read: ReadDocument): Generator<PolicyIssue> {
  const names = (read.values["custom_counters"] ?? []) as readonly string[];
  for (const name of names)
    if (name in Object.prototype)
      yield issueOf(read, ["custom_counters"], `${showValue(name)} is no name of a counter`);
}

function* checkCeilings(
  read: ReadDocument,
  entries: readonly Entry[],
  tiers: PolicySides,
  { file }: Bounding,
): Generator<PolicyIssue | undefined> {
  const above = file === undefined ? undefined : readDocument(file);
  for (const { leaf, value, path, keys } of entries) {
    yield undefined;
    if (!isMet(leaf.meet)) continue;
    const decided = decidedAt(tiers, keys);
    if (decided === undefined) continue;
    const { ceiling, ceilingBy } = decided;
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

/** What a document itself writes at a path of names and ids. */
function writtenAt(read: ReadDocument, keys: PolicyPath): Written {
  let at: Written = read.values;
  for (const key of keys) {
    if (Array.isArray(at)) at = (at as readonly { readonly id?: unknown }[]).find(({ id }) => id === key);
    else at = typeof at === "object" && at !== null ? (at as Tree)[key] : undefined;
  }
  return at;
}
