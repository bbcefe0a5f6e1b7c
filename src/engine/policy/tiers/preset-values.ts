import type { LongRunningPreset } from "../../../domain/limits.ts";
import { PROFILE_VALUES } from "../../../domain/policy/profiles.ts";
import { type Profile, SECTION_FIELDS } from "../../../domain/policy/section-fields.ts";
import { PRESETS } from "../../limits/presets.ts";
import { finish } from "../../steps.ts";
import { readFields, type Tree } from "../documents/read-node.ts";

// What the names of profiles and of presets for long-running executions stand for, as written values.

const PROFILE_TREES = new Map(
  Object.entries(PROFILE_VALUES).map(([name, raw]) => {
    const reading = { document: "", isBaseline: false, hasCeilings: false, issues: [] };
    return [name, finish(readFields(reading, SECTION_FIELDS, raw, [])).value as Tree];
  }),
);

const LONG_RUNNING_TREES = new Map(
  Object.entries(PRESETS).map(([name, limits]): [string, Tree] => [
    name,
    { execution: Object.fromEntries(Object.entries(limits).map(([key, value]) => [key, { value }])) },
  ]),
);

export interface PresetPart {
  /** `profile conservative`. */
  readonly name: string;
  readonly values: Tree;
}

export type PresetKey = "profile" | "long_running";
export const PRESET_KEYS: readonly PresetKey[] = ["profile", "long_running"];

/** What a tree's own preset stands for; undefined when it names none. */
export function presetOf(values: Tree, key: PresetKey): PresetPart | undefined {
  const word = values[key] as Profile | LongRunningPreset | undefined;
  return word === undefined ? undefined : presetNamed(key, word);
}

/** What is in force where no document says anything. */
export function builtInPreset(key: PresetKey): PresetPart {
  return presetNamed(key, key === "profile" ? "balanced" : "standard");
}

function presetNamed(key: PresetKey, word: Profile | LongRunningPreset): PresetPart {
  const trees = key === "profile" ? PROFILE_TREES : LONG_RUNNING_TREES;
  return { name: `${key} ${word}`, values: trees.get(word) as Tree };
}
