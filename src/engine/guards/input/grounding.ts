// Numbers that an agent made up: those in the arguments of the watched tools must come from an earlier output or from the
// user. What a session knows of numbers is kept as keyed hashes alone, since outputs must not stand in the file.
// docs/guards/grounding.md

import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { foldText } from "../../addresses/fold-text.ts";
import { compileGlobs, findGlob, type GlobSet } from "../../globs/glob.ts";
import {
  formatJsonPath,
  isJsonArray,
  isJsonObject,
  type JsonPath,
  type JsonValue,
} from "../../json/json-document.ts";
import { createMemo } from "../../memos/memo.ts";
import {
  type AfterInput,
  type BeforeInput,
  type Guard,
  type GuardFacts,
  type GuardNote,
  type GuardOutcome,
  PASS,
} from "../guard.ts";

export type GroundingSettings = Pick<GuardSettings<"grounding">, "tools" | "tolerance" | "max_repeats">;

/** Results of one tool in a row: hashes and orders of magnitude, no numbers. */
export interface NumericRun {
  readonly tool: string;
  /** Hash of the last result. */
  last: string;
  /** How often it came in a row. */
  repeats: number;
  /** The last result is about ten to the power of this. */
  magnitude: number;
  /** How many results in a row were at least ten times the one before. */
  growths: number;
}

export interface GroundingState {
  /** Keyed hashes of numbers that outputs gave, the newest last. */
  known: string[];
  /** Those that the user gave, as a registration told them: they are not pushed out by outputs. */
  user?: string[];
  /** The tool that answered last stands last. */
  runs: NumericRun[];
}

/** Numbers that a session remembers; the oldest go first. */
export const MAX_KNOWN = 1_024;
/** Numbers of the user that a session remembers. */
export const MAX_USER = 256;
/** Numbers taken from one output or text. */
export const MAX_TAKEN = 256;
/** Numbers of one call that are looked up: a session does not remember more of one output anyway. */
const MAX_CHECKED = 512;
/** Tools whose runs are remembered. */
const MAX_RUNS = 64;
const MAX_NOTES = 16;
/** Hexadecimal digits of a hash that are kept. */
const HASH_LENGTH = 16;

export const grounding: Guard<GroundingSettings, GroundingState> = {
  id: "grounding",
  createState: () => ({ known: [], runs: [] }),
  before: judgeArguments,
  after: judgeOutput,
  trim: (state) => {
    state.known.splice(0, Math.ceil(state.known.length / 2));
    state.runs.splice(0, Math.ceil(state.runs.length / 2));
  },
};

type Hash = GuardFacts["keyedHash"];

function judgeArguments(input: BeforeInput<GroundingSettings, GroundingState>): GuardOutcome<GroundingState> {
  const { call, settings, state, facts } = input;
  if (!isWatched(settings, call.tool)) return PASS;
  const known = new Set([...state.known, ...(state.user ?? [])]);
  for (const label of Object.values(facts.labels))
    for (const number of numbersIn(label)) known.add(hashOf(number, settings.tolerance, facts.keyedHash));
  const notes: GuardNote[] = [];
  let count = 0;
  visitNumbers(input.arguments.value, [], (number, path) => {
    count += 1;
    if (count > MAX_CHECKED || notes.length >= MAX_NOTES) return;
    if (isGrounded(number, settings.tolerance, known, facts.keyedHash)) return;
    const text = `Ungrounded value in '${formatJsonPath(path)}': it comes from no earlier output and not from the user`;
    notes.push({ verdict: "BLOCK", reason: "UNGROUNDED_VALUE", text, setting: "tools" });
  });
  if (count > MAX_CHECKED) {
    const text = `Ungrounded values: more than ${MAX_CHECKED} numbers in one call cannot be checked`;
    notes.push({ verdict: "BLOCK", reason: "UNGROUNDED_VALUE", text, setting: "tools" });
  }
  return notes.length === 0 ? PASS : { notes };
}

function judgeOutput(input: AfterInput<GroundingSettings, GroundingState>): GuardOutcome<GroundingState> {
  const { call, settings, state, facts, output, errorClass } = input;
  if (output === undefined || errorClass !== undefined) return PASS;
  const hashes = new Set<string>();
  visitAll(output.value, (number) => {
    if (hashes.size < MAX_TAKEN) hashes.add(hashOf(number, settings.tolerance, facts.keyedHash));
  });
  const result = isWatched(settings, call.tool) ? resultOf(output.value) : undefined;
  const run =
    result === undefined ? undefined : nextRun(state, call.tool, result, settings.tolerance, facts.keyedHash);
  const commit = (slice: GroundingState): void => {
    remember(slice, hashes);
    if (run === undefined) return;
    slice.runs = slice.runs.filter(({ tool }) => tool !== call.tool).slice(1 - MAX_RUNS);
    slice.runs.push(run);
  };
  const note = run === undefined ? undefined : judgeRun(run, settings.max_repeats);
  return note === undefined ? { notes: [], commit } : { notes: [note], commit, advice: ["change_approach"] };
}

/** Hashes of the numbers in what the user gave, each once. */
export function hashesOf(
  texts: readonly string[],
  { tolerance }: Pick<GroundingSettings, "tolerance">,
  hash: Hash,
): readonly string[] {
  const hashes = new Set<string>();
  for (const text of texts)
    for (const number of numbersIn(text)) {
      if (hashes.size >= MAX_USER) return [...hashes];
      hashes.add(hashOf(number, tolerance, hash));
    }
  return [...hashes];
}

export function rememberUser(state: GroundingState, hashes: readonly string[]): void {
  state.user = [...new Set([...(state.user ?? []), ...hashes])].slice(-MAX_USER);
}

function remember(state: GroundingState, hashes: ReadonlySet<string>): void {
  if (hashes.size === 0) return;
  const kept = state.known.filter((hash) => !hashes.has(hash));
  state.known = [...kept, ...hashes].slice(-MAX_KNOWN);
}

/** Same result again and again, or each ten times the one before: an earlier step has gone wrong. */
function judgeRun(run: NumericRun, maxRepeats: number): GuardNote | undefined {
  const times =
    run.repeats > maxRepeats ? run.repeats : run.growths >= maxRepeats && maxRepeats > 0 ? run.growths : 0;
  if (times === 0) return undefined;
  const what =
    run.repeats > maxRepeats
      ? `the same result ${times} times in a row`
      : `${times} results in a row that are each at least ten times the one before`;
  const text = `\`${run.tool}\` gave ${what}`;
  return { verdict: "WARN", reason: "DEGENERATE_OUTPUT", text, setting: "max_repeats" };
}

function nextRun(
  state: GroundingState,
  tool: string,
  result: number,
  tolerance: number,
  hash: Hash,
): NumericRun {
  const last = state.runs.find((run) => run.tool === tool);
  const now = hashOf(result, tolerance, hash);
  const magnitude = magnitudeOf(result);
  const isSame = last !== undefined && nearHashes(result, tolerance, hash).includes(last.last);
  const hasGrown = last !== undefined && magnitude > last.magnitude && magnitude > 0;
  return {
    tool,
    last: now,
    repeats: isSame ? last.repeats + 1 : 1,
    magnitude,
    growths: hasGrown ? last.growths + 1 : 0,
  };
}

/** Nothing, one and minus one are structure, not values. */
function isGrounded(number: number, tolerance: number, known: ReadonlySet<string>, hash: Hash): boolean {
  if (number === 0 || Math.abs(number) === 1) return true;
  return nearHashes(number, tolerance, hash).some((near) => known.has(near));
}

function hashOf(number: number, tolerance: number, hash: Hash): string {
  const step = stepOf(tolerance, magnitudeOf(number));
  return hashOfStep(number, step, 0, hash);
}

/** Hashes of everything within the tolerance: numbers are known by the step of a ruler that they stand nearest to. */
function nearHashes(number: number, tolerance: number, hash: Hash): readonly string[] {
  if (tolerance === 0) return [hashOfStep(number, 0, 0, hash)];
  const magnitude = magnitudeOf(number);
  // At the border of two magnitudes the ruler changes.
  const magnitudes = new Set([
    magnitude,
    magnitudeOf(number * (1 + 2 * tolerance)),
    magnitudeOf(number * (1 - 2 * tolerance)),
  ]);
  return [...magnitudes].flatMap((one) =>
    [-1, 0, 1].map((shift) => hashOfStep(number, stepOf(tolerance, one), shift, hash)),
  );
}

/** The tolerance is relative from 1 on, absolute below. */
function stepOf(tolerance: number, magnitude: number): number {
  return tolerance * 10 ** Math.max(0, magnitude);
}

function hashOfStep(number: number, step: number, shift: number, hash: Hash): string {
  const place = step === 0 ? String(number) : `${step}:${Math.round(number / step) + shift}`;
  return hash(`number:${place}`).slice(0, HASH_LENGTH);
}

function magnitudeOf(number: number): number {
  return number === 0 ? -324 : Math.floor(Math.log10(Math.abs(number)));
}

/** Numbers, and texts that are one number. */
function visitNumbers(
  value: JsonValue,
  path: JsonPath,
  visit: (number: number, path: JsonPath) => void,
): void {
  if (typeof value === "number") visit(value, path);
  else if (typeof value === "string") {
    const number = wholeNumberOf(value);
    if (number !== undefined) visit(number, path);
  } else if (isJsonArray(value))
    for (const [index, item] of value.entries()) visitNumbers(item, [...path, index], visit);
  else if (isJsonObject(value))
    for (const [name, member] of Object.entries(value)) visitNumbers(member, [...path, name], visit);
}

/** A number with its currency or unit: `$1,234.50`, `12 kg`, `5%`, in any digits. */
const WHOLE =
  /^\s*(?:[A-Z]{3}\s|\p{Sc})?\s*([+-]?)\s*(?:\p{Sc}\s*)?(\d{1,3}(?:[,_'\u2019 ]\d{3})+|\d+)?(\.\d*)?(e[+-]?\d{1,3})?(?:\s*[%\p{Sc}]|\s+[A-Za-z]{1,4})?\s*$/iu;
/** No number is longer. */
const WHOLE_MAX_LENGTH = 64;

/** The number that a text is; undefined where it is anything else. */
function wholeNumberOf(text: string): number | undefined {
  if (text.length > WHOLE_MAX_LENGTH) return undefined;
  const found = WHOLE.exec(foldText(text));
  if (found === null) return undefined;
  const [, sign = "", whole = "", part = "", exponent = ""] = found;
  if (whole === "" && !/\d/.test(part)) return undefined;
  const number = Number(`${sign}${whole.replace(/\D/g, "") || "0"}${part === "." ? "" : part}${exponent}`);
  return Number.isFinite(number) ? number : undefined;
}

/** Also the numbers inside texts: an output often is one. */
function visitAll(value: JsonValue, visit: (number: number) => void): void {
  if (typeof value === "number") visit(value);
  else if (typeof value === "string") for (const number of numbersIn(value)) visit(number);
  else if (isJsonArray(value)) for (const item of value) visitAll(item, visit);
  else if (isJsonObject(value)) for (const member of Object.values(value)) visitAll(member, visit);
}

const NUMBER = /(?<![\w.])[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,17})(?:\.\d{1,17})?(?:e[+-]?\d{1,3})?(%)?/gi;

/** `1,234.5` is 1234.5; 5% is 5 and 0.05. */
function numbersIn(text: string): readonly number[] {
  const numbers: number[] = [];
  for (const { 0: found, 1: percent } of text.matchAll(NUMBER)) {
    if (numbers.length >= MAX_TAKEN) break;
    const number = Number(found.replaceAll(",", "").replace("%", ""));
    numbers.push(number);
    if (percent !== undefined) numbers.push(number / 100);
  }
  return numbers;
}

/** The output itself, its member `result`, or its only number. */
function resultOf(value: JsonValue): number | undefined {
  if (typeof value === "number") return value;
  if (!isJsonObject(value)) return undefined;
  const told = value["result"];
  if (typeof told === "number") return told;
  const numbers = Object.values(value).filter((member) => typeof member === "number");
  return numbers.length === 1 ? numbers[0] : undefined;
}

const compiled = createMemo<GroundingSettings["tools"], GlobSet>();

function isWatched({ tools }: GroundingSettings, tool: string): boolean {
  const globs = compiled.get(tools) ?? compileGlobs(Object.keys(tools));
  compiled.set(tools, globs);
  return findGlob(globs, tool) !== undefined;
}
