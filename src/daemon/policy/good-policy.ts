import type { PolicyFiles, TierDocument } from "../../config/policy/documents.ts";
import { createSlices } from "../../config/policy/slices.ts";
import { positionOf } from "../../config/policy/yaml/position.ts";
import { formatPolicyPath, type PolicyIssue } from "../../domain/policy/document.ts";
import { readDocument } from "../../engine/policy/documents/read-document.ts";

// Which of the documents that were read may be in force: last-good is kept document by document, so that one tenant's broken
// file never delays what the platform tightens.

/** What is in force of the files: of every document the last version that was good. */
export interface GoodPolicy {
  /** The files that the platform's documents and the tenants' good ones come from. */
  readonly files: PolicyFiles;
  readonly tenants: ReadonlyMap<string, TierDocument>;
  /** Tenants whose document never was good: everything of them is refused. */
  readonly invalid: ReadonlySet<string>;
}

export interface JudgedFiles {
  /** Undefined when documents of the platform are bad: then nothing changes at all. */
  readonly good: GoodPolicy | undefined;
  /** What is wrong with documents of the platform. */
  readonly problems: readonly string[];
  /** What is wrong with documents of tenants, by the tenant or, where none is named, the file. */
  readonly tenantProblems: ReadonlyMap<string, readonly string[]>;
  /** Names of documents whose last good version is served in place of what they hold now. */
  readonly stale: readonly string[];
  /** Tenants whose document is gone: they fall back to the baseline. */
  readonly removed: readonly string[];
}

/** Judges documents beyond their form: what their values ask for, under the baseline that comes with them. */
export type JudgeTenant = (
  document: TierDocument,
  baseline: TierDocument | undefined,
) => readonly PolicyIssue[];

/**
 * Goes on from `before`; without it nothing was ever good: this is a start. Gives way to others between documents. `judge` is
 * asked about tenants' documents that are new or changed.
 */
export async function judgeFiles(
  files: PolicyFiles,
  before: GoodPolicy | undefined,
  judge: JudgeTenant,
): Promise<JudgedFiles> {
  const problems = [...files.problems];
  if (files.baseline !== undefined) problems.push(...problemsOf(files.baseline));
  const tenantProblems = new Map<string, readonly string[]>();
  const stale: string[] = [];
  const tenants = new Map<string, TierDocument>();
  const invalid = new Set<string>();
  const keep = (tenant: string, name: string, wrong: readonly string[]): void => {
    tenantProblems.set(tenant, wrong);
    stale.push(name);
    const known = before?.tenants.get(tenant);
    if (known === undefined) invalid.add(tenant);
    else tenants.set(tenant, known);
  };
  for (const [tenant, { name, problems: wrong }] of files.refusedTenants) keep(tenant, name, wrong);
  const slices = createSlices();
  for (const [tenant, document] of files.tenants) {
    if (before?.tenants.get(tenant) === document) tenants.set(tenant, document);
    else {
      const wrong = problemsOf(document);
      if (wrong.length === 0) wrong.push(...formatIssues(document, judge(document, files.baseline)));
      if (wrong.length === 0) tenants.set(tenant, document);
      else keep(tenant, document.document.name, wrong);
    }
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  const isKnown = (tenant: string): boolean => tenants.has(tenant) || invalid.has(tenant);
  for (const { name, problems: wrong } of files.unnamedTenants) {
    // Nobody can tell whose it is: those that its file held keep what they had; at a start there are none, and nobody starts.
    if (before === undefined) problems.push(...wrong);
    tenantProblems.set(name, wrong);
    stale.push(name);
    for (const [tenant, document] of before?.tenants ?? [])
      if (document.document.name === name && !isKnown(tenant)) tenants.set(tenant, document);
  }
  const removed = [...(before?.tenants.keys() ?? []), ...(before?.invalid ?? [])].filter(
    (one) => !isKnown(one),
  );
  const isGood = problems.length === 0;
  return {
    good: isGood ? { files, tenants, invalid } : undefined,
    problems,
    tenantProblems,
    stale,
    removed: isGood ? removed : [],
  };
}

/** What is wrong with the form of a document, with the place of everything. */
function problemsOf(document: TierDocument): string[] {
  return formatIssues(document, readDocument(document.document).issues);
}

export function formatIssues(
  { file, document, columns }: TierDocument,
  issues: readonly PolicyIssue[],
): string[] {
  const places = { lines: document.lines, columns };
  return issues.map(({ path, message }) => {
    const formatted = formatPolicyPath(path);
    return `${positionOf({ file, places }, path)}: ${formatted === "" ? "" : `${formatted}: `}${message}`;
  });
}
