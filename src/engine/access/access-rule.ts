import type { AccessSettings } from "../../domain/policy/rule-fields.ts";
import { compileExpression, type Expression, isExpressionIssue } from "../expressions/expression.ts";
import { compileGlob, type Glob } from "../globs/glob.ts";
import { CidrTrie, parseRange } from "../rates/cidr-trie.ts";
import { normaliseRoute } from "../rates/route.ts";
import { compileWeeklyTime, type WeeklyTime } from "./weekly-time.ts";

export type AccessRuleSettings = AccessSettings["rules"][number];

export interface AccessObligations {
  readonly maxTokens: number | undefined;
  readonly redact: boolean;
  readonly log: boolean;
  readonly notify: boolean;
}

/** One access rule, ready to be tried. What it does not name does not restrict it. */
export interface AccessRule {
  /** Place in its document: the first of several that match is named. */
  readonly order: number;
  readonly id: string;
  readonly effect: "allow" | "deny";
  /** `user:ann`, `agent:*`; addresses of `ip:` stand in `principalRanges`. */
  readonly principals: readonly string[] | undefined;
  readonly principalRanges: CidrTrie<true> | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly needsAllScopes: boolean;
  readonly routes: readonly Glob[] | undefined;
  readonly operations: readonly Glob[] | undefined;
  readonly tools: readonly Glob[] | undefined;
  /** Names without segments: `gpt-*`. */
  readonly models: readonly string[] | undefined;
  readonly ranges: CidrTrie<true> | undefined;
  readonly time: WeeklyTime | undefined;
  readonly when: Expression | undefined;
  /** Its condition cannot be evaluated at all: it denies always and allows never. */
  readonly isBroken: boolean;
  readonly obligations: AccessObligations | undefined;
}

const ADDRESS_LEVEL = "ip:";

export function compileAccessRule(settings: AccessRuleSettings, order: number): AccessRule {
  const { principals, scopes, routes, operations, tools, models, ip, time, when } = settings;
  const expression = when === undefined ? undefined : compileExpression(when);
  const isBroken = expression !== undefined && isExpressionIssue(expression);
  return {
    order,
    id: settings.id,
    effect: settings.effect ?? "deny",
    principals: principals?.filter((one) => !one.startsWith(ADDRESS_LEVEL)),
    principalRanges: compileRanges(addressesOf(principals)),
    scopes,
    needsAllScopes: settings.scopes_match === "all",
    // Written as routes are compared: in one spelling.
    routes: routes?.map((route) => compileGlob(route.startsWith("/") ? normaliseRoute(route) : route)),
    operations: operations?.map(compileGlob),
    tools: tools?.map(compileGlob),
    models,
    ranges: compileRanges(ip),
    time: compileWeeklyTime(time),
    when: expression === undefined || isExpressionIssue(expression) ? undefined : expression,
    isBroken,
    obligations: compileObligations(settings.obligations),
  };
}

/** The addresses among principals; undefined when there are none. */
function addressesOf(principals: readonly string[] | undefined): readonly string[] | undefined {
  const found = principals?.filter((one) => one.startsWith(ADDRESS_LEVEL));
  return found === undefined || found.length === 0
    ? undefined
    : found.map((one) => one.slice(ADDRESS_LEVEL.length));
}

/** Undefined without a list; an empty list is a trie that holds no address. */
function compileRanges(texts: readonly string[] | undefined): CidrTrie<true> | undefined {
  if (texts === undefined) return undefined;
  const trie = new CidrTrie<true>();
  for (const text of texts) {
    const range = parseRange(text);
    if (range !== undefined) trie.set(range, true);
  }
  return trie;
}

function compileObligations(settings: AccessRuleSettings["obligations"]): AccessObligations | undefined {
  const { max_tokens: maxTokens, redact, log, notify } = settings;
  if (maxTokens === undefined && !redact && !log && !notify) return undefined;
  return { maxTokens, redact, log, notify };
}
