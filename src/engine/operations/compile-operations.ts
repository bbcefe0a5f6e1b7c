import { compileGlobs, findGlob, type GlobSet } from "../globs/glob.ts";
import { createMemo } from "../memos/memo.ts";
import type { OperationSettings } from "./operation-settings.ts";

/** The globs of one section `operations`. */
interface CompiledOperations {
  readonly allowed: GlobSet | undefined;
  readonly blocked: GlobSet;
  readonly mutating: GlobSet;
}

const compiled = createMemo<OperationSettings, CompiledOperations>();

/** Compiled once per section: requests under the same policy share it. */
function compile(settings: OperationSettings): CompiledOperations {
  const known = compiled.get(settings);
  if (known !== undefined) return known;
  const made: CompiledOperations = {
    allowed: settings.allowed === undefined ? undefined : compileGlobs(settings.allowed),
    blocked: compileGlobs(settings.blocked),
    mutating: compileGlobs(settings.mutating),
  };
  compiled.set(settings, made);
  return made;
}

/** The pattern that blocks an operation, or undefined. */
export function findBlocking(settings: OperationSettings, name: string): string | undefined {
  return findGlob(compile(settings).blocked, name);
}

export function isAllowedOperation(settings: OperationSettings, name: string): boolean {
  const { allowed } = compile(settings);
  return allowed === undefined || findGlob(allowed, name) !== undefined;
}

/** Whether an operation changes something. */
export function isMutating(settings: OperationSettings, name: string): boolean {
  return findGlob(compile(settings).mutating, name) !== undefined;
}
