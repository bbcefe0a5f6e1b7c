import type { TierDocument } from "../../config/policy/documents.ts";
import type { Slices } from "../../config/policy/slices.ts";
import { bigintAsText } from "../../engine/rows/generations.ts";
import type { PolicyKind, PolicyOrigin } from "../../ports/policy-admin.ts";
import type { KeptDocument } from "./compile-policy.ts";
import type { GoodPolicy } from "./good-policy.ts";

// The documents of a policy one by one, as JSON: what is compared and remembered of them.

/** All documents of one policy. */
export interface PolicyContent {
  readonly good: GoodPolicy;
  readonly kept: ReadonlyMap<string, KeptDocument>;
}

/** Which document of a policy it is. */
export interface DocumentName {
  readonly kind: PolicyKind;
  readonly tenant: string | undefined;
  readonly origin: PolicyOrigin;
}

/** What stood in the place of documents that were replaced: JSON by `keyOf`; undefined where there was none. */
export type Replaced = ReadonlyMap<string, string | undefined>;

export function keyOf({ kind, tenant = "", origin }: DocumentName): string {
  return `${kind}\n${tenant}\n${origin}`;
}

export function nameOf(key: string): DocumentName {
  const [kind, tenant, origin] = key.split("\n") as [PolicyKind, string, PolicyOrigin];
  return { kind, tenant: tenant === "" ? undefined : tenant, origin };
}

/** A document as JSON; undefined when there is none. 64-bit integers are text. */
export async function jsonOf(
  content: PolicyContent,
  name: DocumentName,
  slices: Slices,
): Promise<string | undefined> {
  const { prices, tools, quotas, baseline } = content.good.files;
  switch (name.kind) {
    case "Baseline":
      return baseline && stringify(baseline.document.value);
    case "Prices": {
      if (prices === undefined) return undefined;
      const models = await stringifyList(prices.models, slices);
      return `{"models":${models},"charges":${stringify(Object.fromEntries(prices.charges))}}`;
    }
    case "Tools":
      return tools && stringifyList(tools.entries, slices);
    case "Quotas":
      return quotas && stringify(quotas);
    case "Tenant": {
      const found = tenantsOf(content, name.origin).get(name.tenant ?? "");
      return found && stringify(found.document.value);
    }
  }
}

const PLATFORM_KINDS = ["Baseline", "Prices", "Tools", "Quotas"] as const;

/** What `after` replaces of `before`. Gives way to others in between. */
export async function findReplaced(
  before: PolicyContent,
  after: PolicyContent,
  slices: Slices,
): Promise<Replaced> {
  const replaced = new Map<string, string | undefined>();
  if (before.good.files.platformHash !== after.good.files.platformHash) {
    for (const kind of PLATFORM_KINDS) {
      const name: DocumentName = { kind, tenant: undefined, origin: "file" };
      const json = await jsonOf(before, name, slices);
      await slices.next();
      if (json !== (await jsonOf(after, name, slices))) replaced.set(keyOf(name), json);
    }
  }
  for (const origin of ["file", "api"] as const) {
    const [old, now] = [tenantsOf(before, origin), tenantsOf(after, origin)];
    for (const tenant of new Set([...old.keys(), ...now.keys()])) {
      const name: DocumentName = { kind: "Tenant", tenant, origin };
      if (old.get(tenant) !== now.get(tenant)) replaced.set(keyOf(name), await jsonOf(before, name, slices));
      const turn = slices.next();
      if (turn !== undefined) await turn;
    }
  }
  return replaced;
}

function tenantsOf({ good, kept }: PolicyContent, origin: PolicyOrigin): ReadonlyMap<string, TierDocument> {
  return origin === "file" ? good.tenants : kept;
}

/** Entry by entry: there may be thousands. */
async function stringifyList(entries: readonly unknown[], slices: Slices): Promise<string> {
  const texts: string[] = [];
  for (const entry of entries) {
    texts.push(stringify(entry));
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return `[${texts.join(",")}]`;
}

function stringify(value: unknown): string {
  return JSON.stringify(value, bigintAsText);
}
