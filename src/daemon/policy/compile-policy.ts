import { createHash } from "node:crypto";
import type { TierDocument } from "../../config/policy/documents.ts";
import type { Settings } from "../../config/settings.ts";
import type { PolicySources, TenantSource } from "../../engine/policy/policy-set.ts";
import { createPolicySet } from "../../engine/policy/resolve-policy.ts";
import { createPriceBook } from "../../engine/prices/price-book.ts";
import type { Policy } from "../../engine/world.ts";
import type { GoodPolicy } from "./good-policy.ts";

// From good documents to the policy that the engine takes. What did not change is taken over from the policy before.

/** A tenant's document that the admin API keeps. */
export interface KeptDocument extends TierDocument {
  readonly etag: string;
}

/** Characters of an etag: enough to tell policies apart. */
const ETAG_LENGTH = 16;

export function compilePolicy(
  good: GoodPolicy,
  kept: ReadonlyMap<string, KeptDocument>,
  settings: Pick<Settings, "defaultRps" | "defaultBurst">,
  before: { readonly policy: Policy; readonly good: GoodPolicy } | undefined,
): Policy {
  const { files } = good;
  const isSamePlatform = before?.good.files.platformHash === files.platformHash;
  return {
    generation: (before?.policy.generation ?? 0) + 1,
    etag: etagOf(good, kept),
    set: createPolicySet(sourcesOf(good, kept), before?.policy.set),
    prices: isSamePlatform
      ? before.policy.prices
      : files.prices && createPriceBook(files.prices.models, files.prices.charges),
    tools: isSamePlatform
      ? before.policy.tools
      : files.tools && new Map(files.tools.entries.map((tool) => [tool.name, tool])),
    platformRates: isSamePlatform
      ? before.policy.platformRates
      : { file: files.quotas, fallback: { rps: settings.defaultRps, burst: settings.defaultBurst } },
  };
}

export function sourcesOf(good: GoodPolicy, kept: ReadonlyMap<string, KeptDocument>): PolicySources {
  const names = new Set([...good.tenants.keys(), ...good.invalid, ...kept.keys()]);
  const tenants: TenantSource[] = [];
  for (const tenant of names)
    tenants.push({
      tenant,
      file: good.tenants.get(tenant)?.document,
      api: kept.get(tenant)?.document,
      isInvalid: good.invalid.has(tenant),
    });
  return { baseline: good.files.baseline?.document, tenants };
}

/** Names everything that is in force: equal policies have equal etags on any machine. */
function etagOf(good: GoodPolicy, kept: ReadonlyMap<string, KeptDocument>): string {
  const { files, tenants, invalid } = good;
  if (files.platformHash === "built-in" && tenants.size + invalid.size + kept.size === 0) return "built-in";
  const hash = createHash("sha256").update(files.platformHash);
  for (const [tenant, { hash: text }] of [...tenants].toSorted(byName)) hash.update(`\n${tenant} ${text}`);
  for (const [tenant, { etag }] of [...kept].toSorted(byName)) hash.update(`\napi ${tenant} ${etag}`);
  for (const tenant of [...invalid].toSorted()) hash.update(`\ninvalid ${tenant}`);
  return hash.digest("hex").slice(0, ETAG_LENGTH);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
