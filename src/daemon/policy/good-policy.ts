import type { PolicyFiles, TierDocument, Tools } from "../../config/policy/documents.ts";
import { createSlices, type Slices } from "../../config/policy/slices.ts";
import { placeOf } from "../../config/policy/yaml/position.ts";
import { formatPolicyPath, type PolicyIssue } from "../../domain/policy/document.ts";
import { compileToolSchema, isToolSchema } from "../../engine/guards/input/schema/compile-tool-schema.ts";
import { type Bounding, checkDocument } from "../../engine/policy/check-document.ts";
import { MAX_ISSUES } from "../../engine/policy/documents/read-node.ts";

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
  /** Values of tenants that ceilings hold back, by the tenant. */
  readonly clamped: ReadonlyMap<string, readonly string[]>;
  /** Names of documents whose last good version is served in place of what they hold now. */
  readonly stale: readonly string[];
  /** Tenants whose document is gone: they fall back to the baseline. */
  readonly removed: readonly string[];
}

/**
 * Goes on from `before`; without it nothing was ever good: this is a start. Gives way to others between documents and
 * within. A document that asks for more than a ceiling lets through is refused when it is new; at a start nobody can tell whether it
 * stood there before the ceiling fell: it is clamped, and told.
 */
export async function judgeFiles(files: PolicyFiles, before: GoodPolicy | undefined): Promise<JudgedFiles> {
  const slices = createSlices();
  const problems = [...files.problems];
  if (files.baseline !== undefined)
    problems.push(...formatIssues(files.baseline, await issuesOf(files.baseline, {}, slices)));
  if (files.tools !== undefined && files.platformHash !== before?.files.platformHash)
    problems.push(...(await toolProblems(files.tools, slices)));
  const clamped = new Map<string, readonly string[]>();
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
  for (const [tenant, document] of files.tenants) {
    if (before?.tenants.get(tenant) === document) tenants.set(tenant, document);
    else {
      const issues = await issuesOf(document, { baseline: files.baseline?.document }, slices);
      const isServed = issues.every(({ isAboveCeiling }) => isAboveCeiling === true && before === undefined);
      if (!isServed) keep(tenant, document.document.name, formatIssues(document, issues));
      else tenants.set(tenant, document);
      if (isServed && issues.length > 0) clamped.set(tenant, formatIssues(document, issues));
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
    clamped,
    stale,
    removed: isGood ? removed : [],
  };
}

/** Schemas of tools that do not compile, or would take too long to judge by. */
async function toolProblems({ entries, schemaPlaces }: Tools, slices: Slices): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { name, schema } of entries) {
    const result = schema === undefined ? undefined : compileToolSchema(schema);
    if (result !== undefined && !isToolSchema(result))
      problems.push(`${schemaPlaces.get(name)} ${result.issue}`);
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return problems;
}

/** Everything that is wrong with a document under those that bound it. */
export async function issuesOf(
  { document }: TierDocument,
  { baseline, file }: Partial<Bounding>,
  slices: Slices,
): Promise<readonly PolicyIssue[]> {
  const issues: PolicyIssue[] = [];
  for (const issue of checkDocument(document, { baseline, file })) {
    if (issue !== undefined) issues.push(issue);
    if (issues.length > MAX_ISSUES) break;
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  const { settings } = document.value;
  const bytes = settings === undefined ? 0 : Buffer.byteLength(JSON.stringify(settings));
  if (bytes > SETTINGS_MAX_BYTES) {
    const message = `have ${bytes} bytes as JSON; at most ${SETTINGS_MAX_BYTES}`;
    issues.push({ document: document.name, path: ["settings"], message });
  }
  return issues;
}

/** Settings of one tenant, all together. */
const SETTINGS_MAX_BYTES = 65_536;

/** One line each: `FILE:LINE:COLUMN: path: what is wrong`. */
export function formatIssues(document: TierDocument, issues: readonly PolicyIssue[]): string[] {
  return issues.map(({ path, message }) => {
    const formatted = formatPolicyPath(path);
    return `${placeOf(document, path)}: ${formatted === "" ? "" : `${formatted}: `}${message}`;
  });
}
