import { createHash } from "node:crypto";
import type { PolicyFiles, TierDocument, Tools } from "../../config/policy/documents.ts";
import type { Slices } from "../../config/policy/slices.ts";
import type { Settings } from "../../config/settings.ts";
import type { ToolEntry } from "../../domain/policy/tool-entry.ts";
import type { PolicySources, TenantSource } from "../../engine/policy/policy-set.ts";
import { createPolicySetInSteps } from "../../engine/policy/resolve-policy.ts";
import { findUnshared, type UnsharedQuotas } from "../../engine/policy/unshared-quotas.ts";
import { createPriceBookInSteps } from "../../engine/prices/price-book.ts";
import { compileFileInSteps } from "../../engine/rates/compiled-file.ts";
import type { Steps } from "../../engine/steps.ts";
import type { Policy } from "../../engine/world.ts";
import type { GoodPolicy } from "./good-policy.ts";
import { runInSlices } from "./run-in-slices.ts";

// From good documents to the policy that the engine takes. What did not change is taken over from the policy before.

/** A tenant's document that the admin API keeps. */
export interface KeptDocument extends TierDocument {
  readonly etag: string;
}

/** Characters of an etag: enough to tell policies apart. */
const ETAG_LENGTH = 16;

/** Gives way to others in between. */
export async function compilePolicy(
  good: GoodPolicy,
  kept: ReadonlyMap<string, KeptDocument>,
  settings: Pick<Settings, "defaultRps" | "defaultBurst">,
  before: { readonly policy: Policy; readonly good: GoodPolicy } | undefined,
  slices: Slices,
): Promise<Policy> {
  const { files } = good;
  const isSamePlatform = before?.good.files.platformHash === files.platformHash;
  return {
    generation: (before?.policy.generation ?? 0) + 1,
    etag: await etagOf(good, kept, slices),
    set: await runInSlices(
      createPolicySetInSteps(await sourcesOf(good, kept, slices), before?.policy.set),
      slices,
    ),
    ...(isSamePlatform ? platformOf(before.policy) : await compilePlatform(files, settings, slices)),
    unshared: await unsharedIn(good, kept, slices),
  };
}

type Platform = Pick<Policy, "prices" | "tools" | "platformRates">;

function platformOf({ prices, tools, platformRates }: Policy): Platform {
  return { prices, tools, platformRates };
}

async function compilePlatform(
  { prices, tools, quotas }: PolicyFiles,
  { defaultRps, defaultBurst }: Pick<Settings, "defaultRps" | "defaultBurst">,
  slices: Slices,
): Promise<Platform> {
  if (quotas !== undefined) await runInSlices(compileFileInSteps(quotas), slices);
  return {
    prices: prices && (await runInSlices(createPriceBookInSteps(prices.models, prices.charges), slices)),
    tools: tools && (await runInSlices(catalogue(tools), slices)),
    platformRates: { file: quotas, fallback: { rps: defaultRps, burst: defaultBurst } },
  };
}

function* catalogue({ entries }: Tools): Steps<ReadonlyMap<string, ToolEntry>> {
  const tools = new Map<string, ToolEntry>();
  for (const tool of entries) {
    tools.set(tool.name, tool);
    yield;
  }
  return tools;
}

/** Nothing is shared between pods: there is no store for it. */
async function unsharedIn(
  good: GoodPolicy,
  kept: ReadonlyMap<string, KeptDocument>,
  slices: Slices,
): Promise<ReadonlyMap<string, UnsharedQuotas>> {
  const unshared = new Map<string, UnsharedQuotas>();
  const { baseline } = good.files;
  for (const { document } of [
    ...(baseline === undefined ? [] : [baseline]),
    ...good.tenants.values(),
    ...kept.values(),
  ]) {
    const found = findUnshared(document);
    if (found.perPod.length + found.cluster.length > 0) unshared.set(document.name, found);
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return unshared;
}

async function sourcesOf(
  good: GoodPolicy,
  kept: ReadonlyMap<string, KeptDocument>,
  slices: Slices,
): Promise<PolicySources> {
  const tenants: TenantSource[] = [];
  for (const tenant of new Set([...good.tenants.keys(), ...good.invalid, ...kept.keys()])) {
    tenants.push({
      tenant,
      file: good.tenants.get(tenant)?.document,
      api: kept.get(tenant)?.document,
      isInvalid: good.invalid.has(tenant),
    });
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return { baseline: good.files.baseline?.document, tenants };
}

/** Names everything that is in force: equal policies have equal etags on any machine. */
async function etagOf(
  good: GoodPolicy,
  kept: ReadonlyMap<string, KeptDocument>,
  slices: Slices,
): Promise<string> {
  const { files, tenants, invalid } = good;
  if (files.platformHash === "built-in" && tenants.size + invalid.size + kept.size === 0) return "built-in";
  const hash = createHash("sha256").update(files.platformHash);
  const parts = [
    [...tenants].toSorted(byName).map(([tenant, { hash: text }]) => `\n${tenant} ${text}`),
    [...kept].toSorted(byName).map(([tenant, { etag }]) => `\napi ${tenant} ${etag}`),
    [...invalid].toSorted().map((tenant) => `\ninvalid ${tenant}`),
  ];
  for (const lines of parts) {
    hash.update(lines.join(""));
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return hash.digest("hex").slice(0, ETAG_LENGTH);
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1;
}
