import { type Glob, splitSegments } from "../globs/glob.ts";
import type { AccessRule } from "./access-rule.ts";
import type { AccessQuestion } from "./match-rule.ts";

// Which rules can be about a request at all. A rule is kept where the first thing that it names would lead: below the
// segments that its routes (else its operations, else its tools) begin with, and there by principal where it names one
// exactly. So ten thousand rules cost little more than ten: only those on the way are tried.

interface Place {
  /** Rules by exact principal. */
  readonly byPrincipal: Map<string, AccessRule[]>;
  readonly forAnyone: AccessRule[];
  readonly below: Map<string, Place>;
}

/** One tree for names that are split at `/` alone, one for all others. */
interface Tree {
  readonly paths: Place;
  readonly names: Place;
}

const DIMENSIONS = ["routes", "operations", "tools"] as const;
type Dimension = (typeof DIMENSIONS)[number];

export interface RuleIndex {
  readonly trees: { readonly [D in Dimension]: Tree };
  /** Rules that name no route, operation or tool. */
  readonly others: Place;
  readonly size: number;
}

/** Holds no rule yet; `size`: as many as it will hold. */
export function createRuleIndex(size: number): RuleIndex {
  return {
    trees: { routes: createTree(), operations: createTree(), tools: createTree() },
    others: createPlace(),
    size,
  };
}

export function addRule(index: RuleIndex, rule: AccessRule): void {
  const dimension = DIMENSIONS.find((one) => rule[one] !== undefined);
  if (dimension === undefined) add(index.others, rule);
  else for (const place of placesOf(index.trees[dimension], rule[dimension] ?? [])) add(place, rule);
}

/** Several globs of one rule may lead to one place: it stands there once. */
function placesOf(tree: Tree, globs: readonly Glob[]): ReadonlySet<Place> {
  return new Set(globs.map((glob) => descend(glob.isPath ? tree.paths : tree.names, glob.prefix)));
}

function descend(root: Place, segments: readonly string[]): Place {
  let place = root;
  for (const segment of segments) {
    let next = place.below.get(segment);
    if (next === undefined) {
      next = createPlace();
      place.below.set(segment, next);
    }
    place = next;
  }
  return place;
}

function add(place: Place, rule: AccessRule): void {
  const exact = exactPrincipals(rule);
  if (exact === undefined) {
    place.forAnyone.push(rule);
    return;
  }
  for (const name of exact) {
    const known = place.byPrincipal.get(name);
    if (known === undefined) place.byPrincipal.set(name, [rule]);
    else known.push(rule);
  }
}

/** Undefined when a rule is for anyone, for a pattern of names or for addresses. */
function exactPrincipals({ principals, principalRanges }: AccessRule): ReadonlySet<string> | undefined {
  if (principals === undefined || principals.length === 0 || principals.some((name) => name.includes("*")))
    return undefined;
  return principalRanges === undefined ? new Set(principals) : undefined;
}

/** Whether any rule can be about a request that names these. */
export function reachesRequest(
  { others, trees }: RuleIndex,
  route: string | undefined,
  operation: string | undefined,
  tool: string | undefined,
): boolean {
  return (
    !isEmpty(others) ||
    (route !== undefined && hasRules(trees.routes)) ||
    (operation !== undefined && hasRules(trees.operations)) ||
    (tool !== undefined && hasRules(trees.tools))
  );
}

function hasRules({ paths, names }: Tree): boolean {
  return !isEmpty(paths) || !isEmpty(names);
}

function isEmpty({ byPrincipal, forAnyone, below }: Place): boolean {
  return forAnyone.length === 0 && byPrincipal.size === 0 && below.size === 0;
}

/** Calls `visit` with every rule that can be about the request; one rule may come more than once. */
export function visitRules(
  index: RuleIndex,
  question: AccessQuestion,
  visit: (rule: AccessRule) => void,
): void {
  visitPlace(index.others, question, visit);
  visitTree(index.trees.routes, question.route, question, visit);
  visitTree(index.trees.operations, question.facts.operation?.name, question, visit);
  visitTree(index.trees.tools, question.facts.tool, question, visit);
}

function visitTree(
  { paths, names }: Tree,
  name: string | undefined,
  question: AccessQuestion,
  visit: (rule: AccessRule) => void,
): void {
  if (name === undefined) return;
  visitWay(paths, splitSegments(name, true), question, visit);
  visitWay(names, splitSegments(name, false), question, visit);
}

function visitWay(
  root: Place,
  segments: readonly string[],
  question: AccessQuestion,
  visit: (rule: AccessRule) => void,
): void {
  visitPlace(root, question, visit);
  let place = root;
  for (const segment of segments) {
    const next = place.below.get(segment);
    if (next === undefined) return;
    visitPlace(next, question, visit);
    place = next;
  }
}

function visitPlace(place: Place, { principals }: AccessQuestion, visit: (rule: AccessRule) => void): void {
  for (const rule of place.forAnyone) visit(rule);
  if (place.byPrincipal.size === 0) return;
  for (const name of principals) for (const rule of place.byPrincipal.get(name) ?? []) visit(rule);
}

function createTree(): Tree {
  return { paths: createPlace(), names: createPlace() };
}

function createPlace(): Place {
  return { byPrincipal: new Map(), forAnyone: [], below: new Map() };
}
