import type { Rule } from "./compile-rules.ts";

// Expressions that can only be true of requests that name one thing: `model == "large" && tokens.total > 1000`. They are found by
// that name, so that twenty of them cost a request that names another one a look-up, and no evaluation.

/** What of a request expressions are found by; empty where it names none, as in expressions. */
export interface NamedFacts {
  readonly route?: string | undefined;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly tool?: string | undefined;
  readonly feature?: string | undefined;
  readonly integration?: string | undefined;
  readonly operation?: { readonly name: string } | undefined;
}

/** The expressions of a policy. */
export interface NamedRules {
  /** Tried on every request. */
  readonly always: readonly Rule[];
  /** By variable, then by the value that it must have. */
  readonly byVariable: readonly (readonly [keyof NamedFacts, ReadonlyMap<string, readonly Rule[]>])[];
  /** Place of each rule in the document. */
  readonly order: ReadonlyMap<Rule, number>;
}

export function createNamedRules(rules: readonly Rule[]): NamedRules {
  const always: Rule[] = [];
  const byVariable = new Map<keyof NamedFacts, Map<string, Rule[]>>();
  for (const rule of rules) {
    const needed = rule.expression?.needs;
    if (needed === undefined) {
      always.push(rule);
      continue;
    }
    const byValue = byVariable.get(needed.variable) ?? new Map<string, Rule[]>();
    byVariable.set(needed.variable, byValue);
    for (const value of needed.values) byValue.set(value, [...(byValue.get(value) ?? []), rule]);
  }
  const order = new Map(rules.map((rule, place) => [rule, place]));
  return { always, byVariable: [...byVariable], order };
}

/** Whether a request names anything that an expression waits for. */
export function namesSome({ byVariable }: NamedRules, facts: NamedFacts): boolean {
  for (const [variable, byValue] of byVariable) if (byValue.has(valueOf(facts, variable))) return true;
  return false;
}

/** The expressions that can be true of a request, in the order of the document. */
export function namedRulesFor({ always, byVariable, order }: NamedRules, facts: NamedFacts): readonly Rule[] {
  let found: Rule[] | undefined;
  for (const [variable, byValue] of byVariable) {
    const rules = byValue.get(valueOf(facts, variable));
    if (rules !== undefined) found = [...(found ?? always), ...rules];
  }
  return found?.toSorted((one, other) => (order.get(one) ?? 0) - (order.get(other) ?? 0)) ?? always;
}

function valueOf(facts: NamedFacts, variable: keyof NamedFacts): string {
  return (variable === "operation" ? facts.operation?.name : facts[variable]) ?? "";
}
