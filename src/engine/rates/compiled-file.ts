import type { QuotasFile, QuotasFileRate } from "../../domain/quotas/quotas-file.ts";
import { createMemo } from "../memos/memo.ts";
import { finish, type Steps } from "../steps.ts";
import { CidrTrie, parseAddress, parseRange } from "./cidr-trie.ts";
import { compileMultipliers, type Multipliers } from "./route.ts";

// The `version: 1` file, ready for look-ups: exact principals by one step, address ranges by longest prefix.

export interface FileEntry extends QuotasFileRate {
  /** As the file names it; `defaults` for its own. */
  readonly principal: string;
  /** Where it stands in the file. */
  readonly line?: number | undefined;
}

export interface CompiledFile {
  readonly document: string | undefined;
  readonly byPrincipal: ReadonlyMap<string, FileEntry>;
  readonly ranges: CidrTrie<FileEntry>;
  readonly hasRanges: boolean;
  readonly defaults: FileEntry | undefined;
  readonly multipliers: Multipliers;
}

const compiled = createMemo<QuotasFile, CompiledFile>();

export function compileFile(file: QuotasFile): CompiledFile {
  return compiled.get(file) ?? finish(compileFileInSteps(file));
}

/** The same; remembered, so that no decision waits for it. */
export function* compileFileInSteps(file: QuotasFile): Steps<CompiledFile> {
  const known = compiled.get(file);
  if (known !== undefined) return known;
  const byPrincipal = new Map<string, FileEntry>();
  const ranges = new CidrTrie<FileEntry>();
  let hasRanges = false;
  for (const { principal, rps, burst, line } of file.principals) {
    const entry: FileEntry = { principal, rps, burst, line };
    const range = principal.startsWith("ip:") ? parseRange(principal.slice("ip:".length)) : undefined;
    if (range === undefined) byPrincipal.set(principal, entry);
    else ranges.set(range, entry);
    hasRanges ||= range !== undefined;
    yield;
  }
  const result: CompiledFile = {
    document: file.document,
    byPrincipal,
    ranges,
    hasRanges,
    defaults: file.defaults === undefined ? undefined : { ...file.defaults, principal: "defaults" },
    multipliers: compileMultipliers(file.endpointMultipliers),
  };
  compiled.set(file, result);
  return result;
}

/** The entry of the longest range that contains an address as text. */
export function findRange(file: CompiledFile, sourceIp: string | undefined): FileEntry | undefined {
  if (!file.hasRanges || sourceIp === undefined) return undefined;
  const address = parseAddress(sourceIp);
  return address === undefined ? undefined : file.ranges.find(address);
}
