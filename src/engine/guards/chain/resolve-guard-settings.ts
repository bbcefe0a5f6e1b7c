import type { EffectiveOf } from "../../../domain/policy/field.ts";
import {
  GUARD_FIELDS,
  type GuardSettings,
  type GUARDS as GuardsSection,
} from "../../../domain/policy/guard-fields.ts";
import { GUARD_IDS, type GuardId } from "../../../domain/policy/guard-ids.ts";
import { compileGlob, type Glob, matchesGlob } from "../../globs/glob.ts";
import { createMemo } from "../../memos/memo.ts";
import { meetNode } from "../../policy/meet.ts";

// What holds for one tool: the guard's values, met with those of every pattern that matches its namespace and its name. The
// tenant's tiers and overrides by label were met before; everything here only tightens.

/** The section `guards` of an effective policy. */
export type GuardPolicy = EffectiveOf<typeof GuardsSection>;

/** Effective values by guard. */
export type ResolvedGuards = { readonly [G in GuardId]: GuardSettings<G> };

/** Tools remembered per policy value: beyond it everything is resolved anew. */
const MAX_TOOLS = 1_000;

interface Compiled {
  readonly patterns: { readonly [G in GuardId]: readonly Pattern[] };
  readonly byTool: Map<string, ResolvedGuards>;
}

interface Pattern {
  readonly of: "tool" | "namespace";
  readonly glob: Glob;
  readonly values: unknown;
}

const compiled = createMemo<GuardPolicy, Compiled>();

/** The same policy and names give the same value again, so that what a guard compiled of it is found. */
export function resolveGuardSettings(
  policy: GuardPolicy,
  tool: string,
  namespace: string | undefined,
): ResolvedGuards {
  let known = compiled.get(policy);
  if (known === undefined) {
    known = { patterns: compilePatterns(policy), byTool: new Map() };
    compiled.set(policy, known);
  }
  const name = namespace === undefined ? tool : `${namespace}\n${tool}`;
  const found = known.byTool.get(name);
  if (found !== undefined) return found;
  const resolved: { [G in GuardId]?: unknown } = {};
  for (const id of GUARD_IDS) resolved[id] = resolveOne(policy, id, known.patterns[id], tool, namespace);
  if (known.byTool.size >= MAX_TOOLS) known.byTool.clear();
  known.byTool.set(name, resolved as ResolvedGuards);
  return resolved as ResolvedGuards;
}

function compilePatterns(policy: GuardPolicy): Compiled["patterns"] {
  const patterns: { [G in GuardId]?: readonly Pattern[] } = {};
  for (const id of GUARD_IDS) {
    const { namespaces, tools } = policy[id];
    patterns[id] = [...patternsOf("namespace", namespaces), ...patternsOf("tool", tools)];
  }
  return patterns as Compiled["patterns"];
}

function patternsOf(of: Pattern["of"], byPattern: { readonly [pattern: string]: unknown }): Pattern[] {
  return Object.entries(byPattern).map(([pattern, values]) => ({ of, glob: compileGlob(pattern), values }));
}

function resolveOne(
  policy: GuardPolicy,
  id: GuardId,
  patterns: readonly Pattern[],
  tool: string,
  namespace: string | undefined,
): unknown {
  let value: unknown = policy[id];
  for (const { of, glob, values } of patterns) {
    const name = of === "tool" ? tool : namespace;
    if (name !== undefined && matchesGlob(glob, name)) value = meetNode(GUARD_FIELDS[id], value, values);
  }
  return value;
}
