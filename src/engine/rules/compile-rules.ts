import { NANO_PER_USD } from "../../domain/amounts.ts";
import type { Severity } from "../../domain/decision.ts";
import type { RuleAction, RuleCounter, RuleSettings, RuleType } from "../../domain/policy/rule-fields.ts";
import { compileExpression, type Expression, isExpressionIssue } from "../expressions/expression.ts";
import { compileGlob, type Glob } from "../globs/glob.ts";
import { createMemo } from "../memos/memo.ts";
import type { PatternSource } from "../patterns/check-pattern.ts";
import { createPatternSet, type PatternSet } from "../patterns/pattern-set.ts";
import { finish, type Steps } from "../steps.ts";
import { isTextType } from "./check-rule.ts";
import { hasDetector } from "./detectors.ts";
import { createNamedRules, type NamedRules } from "./named-rules.ts";

/** Where a rule looks. What is left out does not restrict it. */
export interface RuleScope {
  readonly direction: "input" | "output" | "both";
  readonly tools: readonly Glob[] | undefined;
  /** Names without segments. */
  readonly models: readonly string[] | undefined;
  readonly routes: readonly Glob[] | undefined;
  /** By label: values or patterns of them. */
  readonly labels: readonly (readonly [name: string, patterns: readonly string[]])[];
}

/** One rule that is on, ready to be tried. */
export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly type: RuleType;
  readonly action: RuleAction;
  readonly severity: Severity;
  readonly isShadow: boolean;
  readonly scope: RuleScope;
  /** Nano-USD for cost, as counted for quotas; undefined where the type has none. */
  readonly threshold: bigint | undefined;
  readonly counter: RuleCounter | undefined;
  readonly windowMs: number | undefined;
  /** Firings within the window from which it refuses; undefined where it never does. */
  readonly throttleAfter: number | undefined;
  readonly expression: Expression | undefined;
  readonly config: { readonly [name: string]: unknown } | undefined;
}

export interface CompiledRules {
  readonly byId: ReadonlyMap<string, Rule>;
  readonly text: readonly Rule[];
  readonly cost: readonly Rule[];
  readonly quota: readonly Rule[];
  /** Expressions. */
  readonly named: NamedRules;
  /** Smallest threshold of a cost rule, nano-USD: below it none has anything to say. */
  readonly costAlert: bigint;
  /** Patterns of the text rules that have one, by the id of their rule. */
  readonly patterns: PatternSet;
  /** Some rules are tried on every request, whatever it carries. */
  readonly judgesAll: boolean;
}

/** Above any cost that can be asked. */
const NEVER = 1n << 63n;
const NO_LABELS: RuleScope["labels"] = Object.freeze([]);

const compiled = createMemo<readonly RuleSettings[], CompiledRules>();

/** Compiled once per list of rules: tenants that add none share those of the baseline. */
export function compileRules(settings: readonly RuleSettings[]): CompiledRules {
  return compiled.get(settings) ?? finish(compileRulesInSteps(settings));
}

/** Without the patterns, which are compiled when a text comes, or by `compileNext`. */
export function* compileRulesInSteps(settings: readonly RuleSettings[]): Steps<CompiledRules> {
  const known = compiled.get(settings);
  if (known !== undefined) return known;
  const byId = new Map<string, Rule>();
  const patterns: PatternSource[] = [];
  for (const one of settings) {
    const rule = compileRule(one);
    if (rule !== undefined) {
      byId.set(rule.id, rule);
      if (isTextType(rule.type) && one.pattern !== undefined)
        patterns.push({ id: one.id, pattern: one.pattern });
    }
    yield;
  }
  const rules = [...byId.values()];
  const cost = rules.filter(({ type }) => type === "cost");
  const quota = rules.filter(({ type }) => type === "quota");
  const named = createNamedRules(rules.filter(({ type }) => type === "policy"));
  const made: CompiledRules = {
    byId,
    text: rules.filter(({ type }) => isTextType(type)),
    cost,
    quota,
    named,
    costAlert: cost.reduce((least, { threshold }) => smaller(least, threshold ?? NEVER), NEVER),
    patterns: createPatternSet(patterns),
    judgesAll: quota.length > 0 || named.always.length > 0,
  };
  compiled.set(settings, made);
  return made;
}

/** Nothing for a rule that is off, or that says too little to be tried: such a document is refused when it is read. */
function compileRule(settings: RuleSettings): Rule | undefined {
  const {
    id,
    type,
    action,
    severity,
    enabled,
    mode,
    throttle_after: after,
    time_window: windowMs,
  } = settings;
  if (!enabled || mode === "off" || type === undefined || action === undefined) return undefined;
  if (isTextType(type) && settings.pattern === undefined && !hasDetector(id)) return undefined;
  const expression = settings.expression === undefined ? undefined : compileExpression(settings.expression);
  const throttles = action === "throttle" && windowMs !== undefined;
  return {
    id,
    name: settings.name ?? id,
    type,
    action,
    severity: severity ?? "medium",
    isShadow: mode === "shadow",
    scope: compileScope(settings),
    threshold: thresholdOf(settings),
    counter: settings.counter,
    windowMs,
    throttleAfter: throttles ? throttleAfterOf(type, settings.threshold, after) : undefined,
    expression: expression === undefined || isExpressionIssue(expression) ? undefined : expression,
    config: settings.config,
  };
}

function compileScope({ type, scope }: RuleSettings): RuleScope {
  return {
    direction: scope.direction ?? (type === "prompt" ? "input" : "both"),
    tools: scope.tools?.map(compileGlob),
    models: scope.models,
    routes: scope.routes?.map(compileGlob),
    labels: scope.labels === undefined ? NO_LABELS : Object.entries(scope.labels).map(compileLabel),
  };
}

function compileLabel([name, value]: [string, unknown]): [string, readonly string[]] {
  return [name, Array.isArray(value) ? value.map(String) : [String(value)]];
}

/** Money is counted in nano-USD. */
function thresholdOf({ type, counter, threshold }: RuleSettings): bigint | undefined {
  if (threshold === undefined || (type !== "cost" && type !== "quota")) return undefined;
  if (type === "quota" && counter !== "cost_usd") return BigInt(Math.floor(threshold));
  return BigInt(Math.round(threshold * Number(NANO_PER_USD)));
}

/** `threshold` is read as `throttle_after` where the type has no threshold of its own. */
function throttleAfterOf(type: RuleType, threshold: number | undefined, after: number): number {
  if (threshold === undefined || type === "cost" || type === "quota") return after;
  return Math.max(1, Math.min(after, Math.floor(threshold)));
}

function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
