import type { PolicyDocument, PolicyIssue } from "../../../domain/policy/document.ts";
import type { PolicySettings } from "../../../domain/policy/section-fields.ts";
import { type ReadDocument, readDocument } from "../documents/read-document.ts";
import type { Tree } from "../documents/read-node.ts";
import { showValue } from "../documents/read-value.ts";
import { equalValues, type Written } from "../meet.ts";
import { decidedAt, type PolicySides } from "../policy-source.ts";
import { placeOfId } from "../tiers/sides.ts";
import { aboveCeiling, type Entry, issueOf, showJson } from "./written-entries.ts";

// What a document writes and nothing would ever follow: whoever wrote it would believe it in force.

/**
 * What a document adds to an entry that is declared elsewhere, as a scope to a rule of the platform: it counts for nothing, and who
 * wrote it would believe it in force. What only says again what stands there is let be.
 */
export function* checkRestated(
  read: ReadDocument,
  entries: readonly Entry[],
  tiers: PolicySides,
  platform: PolicySettings,
  file: PolicyDocument | undefined,
): Generator<PolicyIssue | undefined> {
  const above = file === undefined ? undefined : readDocument(file);
  for (const { leaf, value, path, keys } of entries) {
    yield undefined;
    if (leaf.meet !== "fixed" || keys.length < 2) continue;
    const isIn = (values: Tree | undefined) => declares(values?.[String(keys[0])], String(keys[1]));
    const isOverride = path[0] === "overrides";
    // The platform may say anew what is built in; only its overrides restate.
    const isPlatforms = (isOverride || read.kind === "Tenant") && isIn(platform);
    const isFiles = isIn(above?.values);
    if (!isPlatforms && !isFiles && !(isOverride && isIn(read.values))) continue;
    const held = decidedAt(tiers, keys)?.value;
    if (equalValues(held, value)) continue;
    const owner = isPlatforms
      ? "the platform's"
      : isFiles
        ? `that of ${above?.name ?? ""}`
        : "declared above";
    const stays = held === undefined ? "nothing can be added to it here" : `${showJson(leaf, held)} stays`;
    yield aboveCeiling(
      read,
      path,
      `${showJson(leaf, value)} has no effect: ${keys[1]} is ${owner}, and ${stays}`,
    );
  }
}

function declares(list: Written, id: string): boolean {
  return Array.isArray(list) && placeOfId(list as readonly (Tree & { readonly id: string })[], id) >= 0;
}

/** `auto_adjust` where nothing would follow it: a key that does nothing is a mistake. */
export function* checkAdjusted(
  read: ReadDocument,
  entries: readonly Entry[],
): Generator<PolicyIssue | undefined> {
  for (const { value, path, keys } of entries) {
    yield undefined;
    const place = keys.indexOf("auto_adjust");
    if (place < 0 || keys.at(-1) !== "mode" || value === "off") continue;
    const [section, principal = "", key = ""] = keys.map(String);
    const isFollowed =
      section === "quotas"
        ? !GAUGES.includes(key)
        : !/^(?:provider|ip):/.test(principal) && !namesRoutes(read, principal);
    if (isFollowed) continue;
    const what = "follows quotas on windows and rates of principals without endpoint_multipliers";
    yield issueOf(read, path, `${showValue(value)} has no effect here: auto_adjust ${what}`);
  }
}

const GAUGES = ["storage_gb", "concurrent_requests", "concurrent_executions"];

function namesRoutes({ values }: ReadDocument, principal: string): boolean {
  const rates = values["rates"] as { readonly [name: string]: Tree } | undefined;
  return Object.keys(rates?.[principal]?.["endpoint_multipliers"] ?? {}).length > 0;
}

/** A rate without requests a second, from this document or a broader one, has nothing that its other keys could change. */
export function* checkRates(read: ReadDocument, tiers: PolicySides): Generator<PolicyIssue> {
  for (const principal of Object.keys(read.values["rates"] ?? {})) {
    if (decidedAt(tiers, ["rates", principal, "rps"])?.value !== undefined) continue;
    yield aboveCeiling(read, ["rates", principal], "has no effect: no document says its rps");
  }
}

/** Bounds of custom counters that nobody may report: what is not declared is refused where it is told. */
export function* checkNames(
  read: ReadDocument,
  entries: readonly Entry[],
  tiers: PolicySides,
): Generator<PolicyIssue | undefined> {
  const declared = (decidedAt(tiers, ["custom_counters"])?.value ?? []) as readonly string[];
  const told = new Set<string>();
  for (const { path, keys } of entries) {
    yield undefined;
    const at = keys[0] === "quotas" ? 2 : 1;
    const name = keys[at + 1];
    if (!["quotas", "execution"].includes(String(keys[0])) || keys[at] !== "custom" || name === undefined)
      continue;
    const length = path.length - keys.length + at + 2;
    const place = path.slice(0, length);
    if (declared.includes(String(name)) || told.has(place.join("\n"))) continue;
    told.add(place.join("\n"));
    yield aboveCeiling(
      read,
      place,
      `${showValue(name)} is not declared in custom_counters: nothing of it is counted`,
    );
  }
}
