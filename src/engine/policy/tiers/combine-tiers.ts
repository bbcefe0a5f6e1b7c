import type { Tier } from "../../../domain/limits.ts";
import { type PolicySettings, SECTION_FIELDS } from "../../../domain/policy/section-fields.ts";
import type { Steps } from "../../steps.ts";
import { type ReadDocument, type ReadOverride, readDocument } from "../documents/read-document.ts";
import type { Tree } from "../documents/read-node.ts";
import type { EffectivePolicy } from "../effective-policy.ts";
import { limitPolicyOf } from "../limit-policy.ts";
import { equalValues, meetLeaf, type Written } from "../meet.ts";
import type { PolicySet, TenantSource } from "../policy-set.ts";
import { ALL_SECTIONS } from "../policy-source.ts";
import { builtInPreset, PRESET_KEYS, type PresetPart, presetOf } from "./preset-values.ts";
import { type Resolution, resolveNode } from "./resolve.ts";
import { shareStructure } from "./share-structure.ts";
import type { Part, Said, Sides } from "./sides.ts";

// effective = meet(max, tenant or else profile or else default, overrides that match): which document takes part where.

type Documents = Pick<PolicySet, "baseline" | "builtIn">;

/** `shared` is what holds without the tenant or without the labels, `previous` what held for the same before: equal parts are taken from there. */
export function* combineTiers(
  documents: Documents,
  source: TenantSource | undefined,
  bounds: readonly ReadOverride[],
  overrides: readonly (readonly [ReadDocument, ReadOverride])[],
  shared: EffectivePolicy | undefined,
  previous: EffectivePolicy | undefined,
): Steps<EffectivePolicy> {
  const { sides, resolution } = sidesOfTiers(documents, source, bounds, overrides);
  const rest = untouched(shared, sides.written);
  const made = (yield* resolveNode(resolution, ALL_SECTIONS, sides, rest, [])) as PolicySettings;
  const settings = yield* shareStructure(previous?.settings, shared?.settings, made);
  yield;
  const policy = { settings, sides, resolution };
  const effective: EffectivePolicy = {
    ...policy,
    tenant: source?.tenant,
    overrides: [...bounds, ...overrides.map(([, one]) => one)].map((one) => one.name),
    isInvalid: source?.isInvalid === true,
    isUnknown: source === undefined && settings.unknown_tenant === "block",
    mode: modeOf(resolution.top),
    limits: limitPolicyOf(policy),
    concerns: undefined,
    bounds: undefined,
  };
  return previous !== undefined && isSamePolicy(previous, effective) ? previous : effective;
}

/** What every document that takes part says, before anything is decided. */
export function sidesOfTiers(
  documents: Documents,
  source: TenantSource | undefined,
  bounds: readonly ReadOverride[],
  overrides: readonly (readonly [ReadDocument, ReadOverride])[],
): { readonly sides: Sides; readonly resolution: Resolution } {
  const tiers = tiersOf(documents, source);
  const sides: Sides = {
    defaults: said(tiers.defaults),
    ceilings: said(tiers.ceilings),
    bounds: said(bounds.flatMap((one) => overrideParts("baseline", documents.baseline as ReadDocument, one))),
    written: said(tiers.tenant),
    met: said([
      ...tiers.api,
      ...overrides.flatMap(([document, one]) => overrideParts("tenant", document, one)),
    ]),
  };
  return { sides, resolution: { top: topOf(sides) } };
}

/** Sections that presets fill in. */
const PRESET_SECTIONS = ["execution", "operations", "attributes"] as const;

/** What may stand in where a tenant says nothing: not what the preset that it chose would have changed. */
function untouched(
  shared: EffectivePolicy | undefined,
  written: Sides["written"],
): Partial<PolicySettings> | undefined {
  const choosesPreset = written.some(({ part }) => PRESET_KEYS.some((key) => part.values[key] !== undefined));
  if (shared === undefined || !choosesPreset) return shared?.settings;
  const rest: { [section: string]: unknown } = { ...shared.settings };
  for (const section of PRESET_SECTIONS) delete rest[section];
  return rest;
}

/** Whether executions can go on under the policy they have: the same values, said in the same places. */
function isSamePolicy(known: EffectivePolicy, made: EffectivePolicy): boolean {
  return (
    known.settings === made.settings &&
    equalDocuments(known.sides, made.sides) &&
    known.isInvalid === made.isInvalid &&
    known.isUnknown === made.isUnknown &&
    known.mode === made.mode &&
    equalValues(known.overrides, made.overrides) &&
    equalValues(known.limits, made.limits)
  );
}

function modeOf({ defaults, written }: Sides): EffectivePolicy["mode"] {
  const { mode } = SECTION_FIELDS;
  const platform = defaults[0]?.value ?? mode.default;
  return meetLeaf(mode, platform, written[0]?.value ?? platform) as EffectivePolicy["mode"];
}

/** Whether both were said by the very same documents: then the lines are the same, too. */
function equalDocuments(known: Sides, made: Sides): boolean {
  return (Object.keys(known) as (keyof Sides)[]).every(
    (side) =>
      known[side].length === made[side].length &&
      known[side].every(({ part }, at) => part.document === made[side][at]?.part.document),
  );
}

interface Tiers {
  readonly defaults: readonly Part[];
  readonly ceilings: readonly Part[];
  readonly tenant: readonly Part[];
  readonly api: readonly Part[];
}

function tiersOf({ baseline, builtIn }: Documents, source: TenantSource | undefined): Tiers {
  const file = source?.file === undefined ? undefined : readDocument(source.file);
  const api = source?.api === undefined ? undefined : readDocument(source.api);
  const tenants = [file, api].filter((one) => one !== undefined);
  const fileParts = file === undefined ? [] : partsOf("tenant", file, file.values);
  const apiParts = api === undefined ? [] : partsOf("tenant", api, api.values);
  // A preset that a later document names takes the place of the one before it.
  const chosen = (documents: readonly (ReadDocument | undefined)[]) =>
    PRESET_KEYS.filter((key) => documents.some((one) => one?.values[key] !== undefined));
  const byTenant = chosen(tenants);
  const byAny = chosen([...tenants, baseline]);
  const defaults = [
    ...(baseline === undefined ? [] : partsOf("baseline", baseline, baseline.values, byTenant)),
    explicitPart("default", builtIn, builtIn.values),
    ...PRESET_KEYS.filter((key) => !byAny.includes(key)).map((key) =>
      presetPart("default", builtIn, builtInPreset(key), key),
    ),
  ];
  const ceilings = [
    ...(baseline === undefined ? [] : partsOf("baseline", baseline, baseline.ceilings)),
    explicitPart("default", builtIn, builtIn.ceilings),
  ];
  return { defaults, ceilings, tenant: [...fileParts, ...apiParts], api: file === undefined ? [] : apiParts };
}

/** What a document writes, then what the presets it names stand for, but those in `without`. */
function partsOf(
  tier: Tier,
  document: ReadDocument,
  values: Tree,
  without: readonly string[] = [],
): readonly Part[] {
  const presets = PRESET_KEYS.flatMap((key) => {
    const preset = without.includes(key) ? undefined : presetOf(values, key);
    return preset === undefined ? [] : [presetPart(tier, document, preset, key)];
  });
  return [explicitPart(tier, document, values), ...presets];
}

function explicitPart(tier: Tier, document: ReadDocument, values: Tree): Part {
  return { tier, document, values, mode: values["mode"], from: undefined, prefix: [], key: undefined };
}

function presetPart(tier: Tier, document: ReadDocument, preset: PresetPart, key: string): Part {
  return { tier, document, values: preset.values, mode: undefined, from: preset.name, prefix: [], key };
}

function overrideParts(tier: Tier, document: ReadDocument, override: ReadOverride): readonly Part[] {
  const from = `override ${override.name}`;
  return partsOf(tier, document, override.values).map((part) => ({
    ...part,
    mode: undefined,
    from: part.from === undefined ? from : `${part.from}, ${from}`,
    prefix: override.path,
  }));
}

function said(parts: readonly Part[]): readonly Said[] {
  return parts.map((part) => ({ part, value: part.values }));
}

/** What documents say by `mode` at their top. */
function topOf(sides: Sides): Sides {
  const modes = (all: readonly Said[]): readonly Said[] =>
    all.flatMap(({ part }): readonly Said[] => {
      const value: Written = part.mode;
      return value === undefined ? [] : [{ part, value }];
    });
  return {
    defaults: modes(sides.defaults),
    written: modes(sides.written),
    ceilings: modes(sides.ceilings),
    bounds: [],
    met: [],
  };
}
