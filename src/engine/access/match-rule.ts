import { evaluateExpression } from "../expressions/expression.ts";
import { type RequestVariables, variablesOf } from "../expressions/request-environment.ts";
import type { RequestFacts } from "../expressions/request-facts.ts";
import { type Glob, matchesGlob, matchesWildcard } from "../globs/glob.ts";
import { parseAddress } from "../rates/cidr-trie.ts";
import { normaliseRoute } from "../rates/route.ts";
import type { AccessRule } from "./access-rule.ts";
import { isWithin } from "./weekly-time.ts";

/** A request as rules are tried on it: what takes time to make is made at most once. */
export class AccessQuestion {
  readonly facts: RequestFacts;
  readonly wallMs: number;
  readonly route: string | undefined;
  /** `tenant:acme`, `user:ann` …: the levels that the request has. */
  readonly principals: readonly string[];
  #address: Uint8Array | undefined | null = null;
  #variables: RequestVariables | undefined;

  constructor(facts: RequestFacts, wallMs: number) {
    this.facts = facts;
    this.wallMs = wallMs;
    // Two ways to write one path are one route: a rule must not be passed by by another spelling.
    this.route = facts.route?.startsWith("/") === true ? normaliseRoute(facts.route) : facts.route;
    this.principals = principalNames(facts);
  }

  get address(): Uint8Array | undefined {
    if (this.#address === null)
      this.#address = this.facts.sourceIp === undefined ? undefined : parseAddress(this.facts.sourceIp);
    return this.#address;
  }

  get variables(): RequestVariables {
    this.#variables ??= variablesOf(this.facts);
    return this.#variables;
  }
}

function principalNames({ principal }: RequestFacts): string[] {
  const names = [`tenant:${principal.tenant}`];
  if (principal.team !== undefined) names.push(`team:${principal.team}`);
  if (principal.user !== undefined) names.push(`user:${principal.user}`);
  if (principal.apiKeyId !== undefined) names.push(`api_key:${principal.apiKeyId}`);
  if (principal.agent !== undefined) names.push(`agent:${principal.agent}`);
  return names;
}

export type RuleMatch = "yes" | "no" | "failed";

/** Whether a rule is about a request; `failed` when its condition cannot be evaluated. */
export function matchRule(rule: AccessRule, question: AccessQuestion): RuleMatch {
  const { facts } = question;
  if (!matchesSome(rule.routes, question.route)) return "no";
  if (!matchesSome(rule.operations, facts.operation?.name)) return "no";
  if (!matchesSome(rule.tools, facts.tool)) return "no";
  if (rule.models !== undefined && !matchesModel(rule.models, facts.model)) return "no";
  if (rule.principals !== undefined && !matchesPrincipal(rule, rule.principals, question)) return "no";
  if (rule.scopes !== undefined && !hasScopes(rule.scopes, rule.needsAllScopes, facts.scopes)) return "no";
  if (rule.ranges !== undefined) {
    const { address } = question;
    if (address === undefined || rule.ranges.find(address) === undefined) return "no";
  }
  if (rule.time !== undefined && !isWithin(rule.time, question.wallMs)) return "no";
  if (rule.isBroken) return "failed";
  if (rule.when === undefined) return "yes";
  const holds = evaluateExpression(rule.when, question.variables);
  if (holds === undefined) return "failed";
  return holds ? "yes" : "no";
}

function matchesSome(globs: readonly Glob[] | undefined, name: string | undefined): boolean {
  if (globs === undefined) return true;
  return name !== undefined && globs.some((glob) => matchesGlob(glob, name));
}

function matchesModel(patterns: readonly string[], model: string | undefined): boolean {
  return model !== undefined && patterns.some((pattern) => matchesWildcard(pattern, model));
}

function matchesPrincipal(rule: AccessRule, patterns: readonly string[], question: AccessQuestion): boolean {
  if (question.principals.some((name) => patterns.some((pattern) => matchesWildcard(pattern, name))))
    return true;
  const { address } = question;
  return address !== undefined && rule.principalRanges?.find(address) !== undefined;
}

function hasScopes(wanted: readonly string[], all: boolean, told: readonly string[]): boolean {
  return all ? wanted.every((scope) => told.includes(scope)) : wanted.some((scope) => told.includes(scope));
}
