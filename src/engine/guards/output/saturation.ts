// Guard 11: statistical tools whose inputs are so extreme that every answer is 0 or 1, and runs of such answers. Watches only
// the tools that a policy names, so numbers may stand in its texts.

import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { compileGlobs, findGlob, type GlobSet } from "../../globs/glob.ts";
import { isJsonObject, type JsonValue } from "../../json/json-document.ts";
import { createMemo } from "../../memos/memo.ts";
import {
  type AfterInput,
  type BeforeInput,
  type Guard,
  type GuardNote,
  type GuardOutcome,
  PASS,
} from "../guard.ts";

type SaturationSettings = Omit<GuardSettings<"saturation">, "level" | "mode" | "tools" | "namespaces">;

/** Degenerate results of one tool in a row. */
export interface DegenerateRun {
  readonly tool: string;
  length: number;
  /** The last of them, the newest last. */
  recent: number[];
}

export interface SaturationState {
  /** The turn in which the runs began; undefined: none was named. */
  turnId: string | undefined;
  /** The tool that answered last stands last. */
  runs: DegenerateRun[];
}

/** Tools of one turn that are remembered. */
const MAX_RUNS = 64;
/** Results that a text shows. */
const MAX_RECENT = 8;

export const saturation: Guard<SaturationSettings, SaturationState> = {
  id: "saturation",
  createState: () => ({ turnId: undefined, runs: [] }),
  before: judgeInput,
  after: judgeResult,
  trim: (state) => {
    state.runs.splice(0, Math.ceil(state.runs.length / 2));
  },
};

function judgeInput({
  call,
  settings,
  arguments: { value },
}: BeforeInput<SaturationSettings, SaturationState>): GuardOutcome<SaturationState> {
  if (!isWatched(settings, call.tool)) return PASS;
  const distance = zScoreOf(value, call.tool);
  if (distance === undefined || Math.abs(distance) <= settings.z_threshold) return PASS;
  const found = `extreme Z-score |Z|=${formatFixed(Math.abs(distance))} > ${formatNumber(settings.z_threshold)}`;
  const note: GuardNote = {
    verdict: settings.block_on_extreme ? "BLOCK" : "WARN",
    reason: "SATURATION",
    text:
      `SATURATION_WARNING: \`${call.tool}\` called with ${found}. ` +
      "The result is 0 or 1 whatever the question: check value, mean and standard deviation.",
    setting: "z_threshold",
  };
  return { notes: [note] };
}

function judgeResult({
  call,
  settings,
  output,
  state,
}: AfterInput<SaturationSettings, SaturationState>): GuardOutcome<SaturationState> {
  const result = output === undefined ? undefined : resultOf(output.value);
  if (!isWatched(settings, call.tool) || result === undefined) return PASS;
  const isDegenerate = settings.degenerate_values.some(
    (value) => Math.abs(result - value) <= settings.tolerance,
  );
  const known = isSameTurn(state, call.turnId)
    ? state.runs.find(({ tool }) => tool === call.tool)
    : undefined;
  const length = isDegenerate ? (known?.length ?? 0) + 1 : 0;
  const recent = [...(known?.recent ?? []), result].slice(-MAX_RECENT);
  const commit = (slice: SaturationState): void => {
    if (!isSameTurn(slice, call.turnId)) slice.runs = [];
    slice.turnId = call.turnId;
    slice.runs = slice.runs.filter(({ tool }) => tool !== call.tool).slice(1 - MAX_RUNS);
    if (isDegenerate) slice.runs.push({ tool: call.tool, length, recent });
  };
  if (length < settings.max_consecutive_degenerate || length === 0) return { notes: [], commit };
  const note: GuardNote = {
    verdict: "WARN",
    reason: "DEGENERATE_OUTPUT",
    text:
      `\`${call.tool}\` returned ${length} degenerate results in a row (${recent.map(formatNumber).join(", ")}). ` +
      "An earlier step has probably gone wrong.",
    setting: "max_consecutive_degenerate",
  };
  return { notes: [note], commit, advice: ["change_approach"] };
}

/** A new turn forgets the runs of the one before; a call that names none goes on with what there is. */
function isSameTurn(state: SaturationState, turnId: string | undefined): boolean {
  return turnId === undefined || state.turnId === undefined || state.turnId === turnId;
}

const compiled = createMemo<readonly string[], GlobSet>();

function isWatched({ cdf_tools }: SaturationSettings, tool: string): boolean {
  let globs = compiled.get(cdf_tools);
  if (globs === undefined) {
    globs = compileGlobs(cdf_tools);
    compiled.set(cdf_tools, globs);
  }
  return findGlob(globs, tool) !== undefined;
}

// Names of arguments as statistical libraries and tools spell them.
const zNames: readonly string[] = ["z", "z_score", "zscore", "zvalue", "z_value"];
const valueNames: readonly string[] = [
  "x",
  "value",
  "q",
  "quantile",
  "t",
  "t_stat",
  "t_statistic",
  "statistic",
  "chi2",
];
const meanNames: readonly string[] = ["mean", "mu", "loc", "average"];
const deviationNames: readonly string[] = [
  "std",
  "sd",
  "sigma",
  "stddev",
  "std_dev",
  "standard_deviation",
  "scale",
];
const freedomNames: readonly string[] = ["df", "dof", "degrees_of_freedom"];

/** How many standard deviations the value is from the mean; undefined where the arguments do not say. */
function zScoreOf(value: JsonValue, tool: string): number | undefined {
  if (!isJsonObject(value)) return undefined;
  const find = (names: readonly string[]): number | undefined => findNumber(value, names);
  const told = find(zNames);
  if (told !== undefined) return told;
  const x = find(valueNames);
  if (x === undefined) return undefined;
  const freedom = find(freedomNames);
  const mean = find(meanNames);
  const deviation = find(deviationNames);
  // A chi-square distribution has its degrees of freedom as mean and half its variance; all others default to a standard one.
  if (freedom !== undefined && freedom > 0 && mean === undefined && /chi/i.test(tool))
    return (x - freedom) / Math.sqrt(2 * freedom);
  const distance = x - (mean ?? 0);
  return distance === 0 ? 0 : distance / Math.abs(deviation ?? 1);
}

function findNumber(
  value: { readonly [name: string]: JsonValue },
  names: readonly string[],
): number | undefined {
  for (const [name, member] of Object.entries(value))
    if (names.includes(name.toLowerCase().replace(/-/g, "_"))) {
      const number = numberOf(member);
      if (number !== undefined) return number;
    }
  return undefined;
}

function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^\s*[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*$/i.test(value)
    ? Number(value)
    : undefined;
}

/** The number itself, the member `result`, or the only number among the members. */
function resultOf(value: JsonValue): number | undefined {
  if (!isJsonObject(value)) return numberOf(value);
  const told = value["result"];
  if (told !== undefined) return isJsonObject(told) ? resultOf(told) : numberOf(told);
  const numbers = Object.values(value).filter((member) => typeof member === "number");
  return numbers.length === 1 ? numbers[0] : undefined;
}

function formatFixed(value: number): string {
  return value < 1e15 ? value.toFixed(2) : String(value);
}

/** A whole number with one decimal, as the field writes thresholds: `8.0`. */
function formatNumber(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
}
