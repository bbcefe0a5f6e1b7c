import type { EffectiveLimit, EffectiveLimits, LimitKey, Tier } from "../../domain/limits.ts";
import { formatPolicyPath, type PolicyPath } from "../../domain/policy/document.ts";
import type { Fields, Leaf, Node } from "../../domain/policy/field.ts";
import { BUILT_IN_DOCUMENT } from "./documents/read-document.ts";
import { valueToJson } from "./documents/read-value.ts";
import { ALL_SECTIONS, type PolicyValues } from "./policy-source.ts";
import { decideField, type Resolution } from "./tiers/resolve.ts";
import {
  type Decided,
  namesOf,
  type Part,
  placeOf,
  type Said,
  type Sides,
  sidesOfField,
  stepInto,
  stepIntoEntry,
} from "./tiers/sides.ts";

// Every effective value with its ceiling, who decided it and what the others said: all that a settings page needs.

/** What one tier said about a key. */
export interface SaidValue {
  readonly tier: Tier;
  /** JSON in the unit of the key. */
  readonly valueJson: string;
  readonly document: string | undefined;
  readonly line: number | undefined;
  /** `profile conservative`, `override district=08A`; undefined for what a section says itself. */
  readonly from: string | undefined;
}

export interface ExplainedValue extends Omit<SaidValue, "valueJson"> {
  /** `execution.max_steps`, `rules.default_cost_limit.threshold`. */
  readonly key: string;
  /** Undefined: there is no value. */
  readonly valueJson: string | undefined;
  readonly ceilingJson: string | undefined;
  /** A written value was looser than the ceiling. */
  readonly isClamped: boolean;
  /** What the other tiers said, the broadest first. */
  readonly said: readonly SaidValue[];
}

/** `reduced` leaves out what would help to get around a check: patterns, conditions, keys of guards, lists of what is allowed. */
export type Exposure = "reduced" | "full";

/** Ordered by key. `limits`: of an execution, whose own requests and adjustments count, too. */
export function explainPolicy(
  policy: PolicyValues,
  exposure: Exposure,
  limits?: EffectiveLimits,
): readonly ExplainedValue[] {
  const rows: ExplainedValue[] = [];
  const walk: Walk = { resolution: policy.resolution, exposure, rows };
  explainNode(walk, ALL_SECTIONS, policy.sides, []);
  const counted = rows.map(withScope);
  const adjusted = limits === undefined ? counted : counted.map((row) => withLimit(row, limits));
  return adjusted.toSorted((one, other) => (one.key < other.key ? -1 : 1));
}

interface Walk {
  readonly resolution: Resolution;
  readonly exposure: Exposure;
  readonly rows: ExplainedValue[];
}

function explainNode(walk: Walk, node: Node, sides: Sides, path: PolicyPath): void {
  switch (node.node) {
    case "leaf":
      return;
    case "group":
      if (node.needs !== undefined && !hasValue(walk, node.fields, node.needs, sides)) {
        // A bound that nobody set is one row, not one for each of its keys.
        if (isAlwaysShown(path)) explainLeaf(walk, node.fields, node.needs, sides, path, node.partial);
        return;
      }
      return explainFields(walk, node.fields, sides, path, node.partial);
    case "map":
      for (const name of namesOf(sides)) {
        const entry = node.entry;
        if (entry.node !== "leaf") explainNode(walk, entry, stepInto(sides, name), [...path, name]);
        else explainLeaf(walk, { [name]: entry }, name, sides, path, false);
      }
      return;
    case "list_by_id":
      for (const id of namesOf(sides))
        explainFields(walk, node.fields, stepIntoEntry(sides, id, node.fields), [...path, id], false);
      return;
    case "every_tier":
      return explainTiers(walk, sides, path);
  }
}

function explainFields(walk: Walk, fields: Fields, sides: Sides, path: PolicyPath, isPartial: boolean): void {
  for (const [key, field] of Object.entries(fields)) {
    if (field.node === "leaf") explainLeaf(walk, fields, key, sides, path, isPartial);
    else explainNode(walk, field, stepInto(sides, key), [...path, key]);
  }
}

function hasValue({ resolution }: Walk, fields: Fields, key: string, sides: Sides): boolean {
  const field = fields[key];
  if (field?.node !== "leaf") return true;
  const { value } = decideField(resolution, fields, key, field, sides, false);
  return value !== undefined && value !== null;
}

function explainLeaf(
  walk: Walk,
  fields: Fields,
  key: string,
  around: Sides,
  path: PolicyPath,
  isPartial: boolean,
): void {
  const leaf = fields[key] as Leaf;
  const at = [...path, key];
  if (walk.exposure === "reduced" && isHidden(leaf, at)) return;
  const decided = decideField(walk.resolution, fields, key, leaf, around, isPartial);
  const sides = sidesOfField(fields, key, leaf, around, walk.resolution.top, isPartial);
  const said = allSaid(sides).filter(({ part }) => part !== decided.by?.part);
  const isSilent = decided.value === undefined && decided.ceiling === undefined && said.length === 0;
  if (isSilent && !isAlwaysShown(path)) return;
  walk.rows.push(rowOf(leaf, at, decided, said));
}

function rowOf(leaf: Leaf, path: PolicyPath, decided: Decided, said: readonly Said[]): ExplainedValue {
  const { value, by, ceiling, isClamped } = decided;
  return {
    // A bound is named by its own key: its value is what people mean by it.
    key: formatPolicyPath(path.at(-1) === "value" ? path.slice(0, -1) : path),
    valueJson: value === undefined || value === null ? undefined : valueToJson(leaf.shape, value),
    tier: by?.part.tier ?? "default",
    ...placeOf(by, path),
    from: by?.part.from,
    ceilingJson: ceiling === undefined || ceiling === null ? undefined : valueToJson(leaf.shape, ceiling),
    isClamped,
    said: said.map((one) => ({
      tier: one.part.tier,
      valueJson: valueToJson(leaf.shape, one.value),
      ...placeOf(one, path),
      from: one.part.from,
    })),
  };
}

/** Defaults and what is met; ceilings have a place of their own. */
function allSaid(sides: Sides): readonly Said[] {
  return [...sides.defaults, ...sides.bounds, ...sides.written, ...sides.met];
}

/** Parts that stand for themselves: one row for each tier that has one. */
function explainTiers({ exposure, rows }: Walk, sides: Sides, path: PolicyPath): void {
  if (exposure === "reduced") return;
  for (const [place, said] of allSaid(sides).entries()) {
    rows.push({
      key: formatPolicyPath([...path, place]),
      valueJson: JSON.stringify(said.value),
      tier: said.part.tier,
      ...placeOf(said, path),
      from: said.part.from,
      ceilingJson: undefined,
      isClamped: false,
      said: [],
    });
  }
}

/** Sections whose keys are shown without a value, too: what nobody bounds is worth knowing. */
const SHOWN_SECTIONS = ["execution", "operations", "approvals", "guards"];

function isAlwaysShown(path: PolicyPath): boolean {
  const [section, part] = path;
  return (
    SHOWN_SECTIONS.includes(String(section)) &&
    part !== "custom" &&
    !path.includes("tools") &&
    !path.includes("namespaces")
  );
}

function isHidden(leaf: Leaf, path: PolicyPath): boolean {
  if (leaf.meet === "allow_list" || leaf.meet === "exemption_list") return true;
  const shape = leaf.shape.kind === "list" ? leaf.shape.items : leaf.shape;
  if (shape.kind === "text" && (shape.format === "re2" || shape.format === "cel")) return true;
  if (path[0] !== "guards") return false;
  return leaf.meet !== "level" && leaf.meet !== "mode";
}

/** Without a store that pods share, what is written as shared counts per pod. */
function withScope(row: ExplainedValue): ExplainedValue {
  const isScope = row.key.endsWith(".scope") && /^(?:quotas|rates)\b/.test(row.key);
  if (!isScope || row.valueJson !== '"cluster"') return row;
  const { tier, valueJson, document, line, from } = row;
  return {
    ...row,
    valueJson: '"pod"',
    tier: "default",
    document: undefined,
    line: undefined,
    from: "no shared store is configured",
    said: [...row.said, { tier, valueJson, document, line, from }],
  };
}

/** What a registration asked for or an operator set stands in place of the policy's own value. */
function withLimit(row: ExplainedValue, limits: EffectiveLimits): ExplainedValue {
  const limit = findLimit(row.key, limits);
  if (limit === undefined || (limit.tier !== "session" && limit.tier !== "adjusted")) return row;
  const said: SaidValue[] = row.valueJson === undefined ? [] : [{ ...row, valueJson: row.valueJson }];
  const key = row.key.slice(row.key.lastIndexOf(".") + 1);
  return {
    ...row,
    valueJson: limitToJson(key, limit.value),
    tier: limit.tier,
    document: undefined,
    line: undefined,
    from: undefined,
    said: [
      ...row.said,
      ...said.map(({ tier, valueJson, document, line, from }) => ({ tier, valueJson, document, line, from })),
    ],
  };
}

function findLimit(key: string, limits: EffectiveLimits): EffectiveLimit | undefined {
  const [section, name, custom] = key.split(".");
  if (section === "operations" || (section === "execution" && custom === undefined))
    return limits.byKey[name as LimitKey];
  return section === "execution" && name === "custom" && custom !== undefined
    ? limits.custom[custom]
    : undefined;
}

function limitToJson(key: string, value: bigint): string {
  if (key.endsWith("_usd")) return valueToJson({ kind: "usd" }, value);
  return valueToJson({ kind: key === "max_memory_mb" ? "mebibytes" : "amount" }, value);
}

/** Operations known by their full names, ordered: those that a policy names, and those that were seen. */
export function knownOperations({ settings }: PolicyValues, seen: Iterable<string>): readonly string[] {
  const { allowed, blocked, mutating } = settings.operations;
  const ofRules = settings.access.flatMap(({ value }) =>
    value.rules.flatMap(({ operations }) => operations ?? []),
  );
  const names = [...(allowed ?? []), ...blocked, ...mutating, ...ofRules].filter(
    (name) => !/[*&]/.test(name),
  );
  return [...new Set([...names, ...seen])].toSorted();
}

/** The same with what the session's flag says: it is met with the tiers, like every word of a session. */
export function withAllowChanges(policy: PolicyValues, allowChanges: boolean): PolicyValues {
  const values = { operations: { allow_changes: allowChanges } };
  const part: Part = {
    tier: "session",
    document: BUILT_IN_DOCUMENT,
    values,
    mode: undefined,
    from: "allow_changes of the request",
    prefix: [],
    key: undefined,
  };
  return { ...policy, sides: { ...policy.sides, met: [...policy.sides.met, { part, value: values }] } };
}
