import type { PolicyFiles, TierDocument } from "../../config/policy/documents.ts";
import { parseTexts } from "../../config/policy/read-policy.ts";
import { createSlices } from "../../config/policy/slices.ts";
import type { PolicyDocument } from "../../domain/policy/document.ts";
import type { PolicyProblem } from "../../ports/policy-admin.ts";
import { formatIssues, issuesOf } from "./good-policy.ts";

// Policies that come as texts, not as files: read and judged in the same way.

/** What problems call a text; it is taken off again. */
const TEXT = "text";

/** Everything wrong with some documents, under the ceilings in force or those that the text itself brings. */
export async function validateText(
  text: string,
  baseline: PolicyDocument | undefined,
): Promise<readonly PolicyProblem[]> {
  const files = await parseTexts([{ name: TEXT, path: TEXT, text }]);
  const problems = [...problemsOf(files)];
  const bounding = files.baseline?.document ?? baseline;
  const slices = createSlices();
  if (files.baseline !== undefined)
    problems.push(...formatIssues(files.baseline, await issuesOf(files.baseline, {}, slices)));
  for (const document of files.tenants.values())
    problems.push(...formatIssues(document, await issuesOf(document, { baseline: bounding }, slices)));
  return problems
    .map(parseProblem)
    .toSorted((one, other) => one.line - other.line || one.column - other.column);
}

export type TenantText =
  | { readonly ok: true; readonly document: TierDocument }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };

/** One document of this tenant and nothing else. `name` is what findings call it. */
export async function parseTenantText(tenant: string, name: string, text: string): Promise<TenantText> {
  const files = await parseTexts([{ name, path: TEXT, text }]);
  const document = files.tenants.get(tenant);
  const problems = problemsOf(files).map(parseProblem);
  if (problems.length > 0) return { ok: false, problems };
  const isAlone = document !== undefined && files.tenants.size === 1 && files.baseline === undefined;
  if (isAlone && files.prices === undefined && files.tools === undefined && files.quotas === undefined)
    return { ok: true, document };
  return {
    ok: false,
    problems: [{ line: 1, column: 1, message: `must be one Tenant document of ${tenant}` }],
  };
}

export interface KeptText {
  readonly tenant: string;
  /** What findings call it. */
  readonly name: string;
  readonly text: string;
}

/** Texts that were judged when they were written, all in one thread; a release that cannot read one of them says why. */
export async function parseKeptTexts(texts: readonly KeptText[]): Promise<ReadonlyMap<string, TenantText>> {
  if (texts.length === 0) return new Map();
  const files = await parseTexts(texts.map(({ name, text }) => ({ name, path: TEXT, text })));
  return new Map(
    texts.map(({ tenant, name }): [string, TenantText] => {
      const document = files.tenants.get(tenant);
      if (document !== undefined) return [tenant, { ok: true, document }];
      const refused = [files.refusedTenants.get(tenant), ...files.unnamedTenants];
      const problems = refused.flatMap((one) => (one?.name === name ? one.problems : []));
      return [
        tenant,
        { ok: false, problems: (problems.length > 0 ? problems : [UNREADABLE]).map(parseProblem) },
      ];
    }),
  );
}

const UNREADABLE = "cannot be read by this release";

/** Issues of a document as they are told: without the name of the text. */
export async function judgeTenantText(
  document: TierDocument,
  bounding: { readonly baseline: PolicyDocument | undefined; readonly file: PolicyDocument | undefined },
): Promise<readonly PolicyProblem[]> {
  return formatIssues(document, await issuesOf(document, bounding, createSlices())).map(parseProblem);
}

function problemsOf({ problems, refusedTenants, unnamedTenants }: PolicyFiles): readonly string[] {
  const ofTenants = [...refusedTenants.values(), ...unnamedTenants].flatMap(({ problems: some }) => some);
  return [...problems, ...ofTenants];
}

function parseProblem(text: string): PolicyProblem {
  const match = /^text:(\d+):(\d+): (.*)$/s.exec(text);
  return match === null
    ? { line: 0, column: 0, message: text }
    : { line: Number(match[1]), column: Number(match[2]), message: match[3] as string };
}
