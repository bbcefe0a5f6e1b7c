import { matchesGlob, matchesWildcard } from "../globs/glob.ts";
import type { RuleScope } from "./compile-rules.ts";

/** What of a request or of usage a scope looks at. */
export interface ScopeFacts {
  readonly tool: string | undefined;
  readonly model: string | undefined;
  readonly route: string | undefined;
  readonly labels: { readonly [name: string]: string };
}

/** Whether a rule looks at this at all. */
export function isInScope(scope: RuleScope, { tool, model, route, labels }: ScopeFacts): boolean {
  if (
    scope.tools !== undefined &&
    !(tool !== undefined && scope.tools.some((glob) => matchesGlob(glob, tool)))
  )
    return false;
  if (
    scope.models !== undefined &&
    !(model !== undefined && scope.models.some((pattern) => matchesWildcard(pattern, model)))
  )
    return false;
  if (
    scope.routes !== undefined &&
    !(route !== undefined && scope.routes.some((glob) => matchesGlob(glob, route)))
  )
    return false;
  return scope.labels.every(([name, patterns]) => {
    const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
    return value !== undefined && patterns.some((pattern) => matchesWildcard(pattern, value));
  });
}
