import type { Finding } from "../../domain/decision.ts";
import type { LoopRing } from "../executions/execution-record.ts";
import { findGlob, type GlobSet } from "../globs/glob.ts";
import type { World } from "../world.ts";
import type { CompiledLimits } from "./compiled-limits.ts";
import { exceededFinding, limitFacts, nearFinding } from "./limit-finding.ts";
import type { Probe } from "./probe.ts";

// A repetition is the same signature and, where digests are given, the same result: polling that sees something new is no
// loop. Cycles of two to four steps count in whole repeats. Signatures are kept as 64-bit hashes.

const LONGEST_CYCLE = 4;
const ENTRY = 4;

interface Hashed {
  readonly high: number;
  readonly low: number;
}

const NO_DIGEST: Hashed = { high: 0, low: 0 };

/** 64 bits of a text, for comparing signatures of one execution only. Two rounds of FNV-1a with different seeds. */
export function hashText(text: string): Hashed {
  let high = 0x811c9dc5;
  let low = 0x1000193;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b);
    low ^= low >>> 13;
  }
  return { high: high | 0, low: low | 1 };
}

/** What the loop limit says about a step that is about to be taken or was reported. */
export function judgeLoop(world: World, index: number, probe: Probe, found: Finding[]): void {
  if (probe.signature === undefined) return;
  const record = world.executions.record(index);
  const limit = record.limits.byKey.max_same_step_repetitions;
  if (limit === undefined || isExempt(world, index, probe)) return;
  const { count, period, digestKnown } = countRepeats(
    record.loop,
    hashText(probe.signature),
    digestOf(probe.resultDigest),
  );
  const current = BigInt(count + 1);
  const facts = limitFacts("max_same_step_repetitions", limit, current, 0n, record.id);
  const cycle = describe(period, digestKnown);
  if (current > limit.value) {
    const finding = exceededFinding(facts);
    if (record.limits.loopEscalation === "warn_first" && record.loop?.warned !== true) {
      found.push({ ...finding, verdict: "WARN", message: `${finding.message}, ${cycle}` });
    } else found.push({ ...finding, message: `${finding.message}, ${cycle}` });
  } else if (current === limit.value) found.push(nearFinding(facts));
}

/** The tool that a step calls is named by the intent, or is the name of the step. */
function isExempt(world: World, index: number, { tool, stepName }: Probe): boolean {
  const { loopExempt } = world.executions.compiled.get(index) as CompiledLimits;
  return isOneOf(loopExempt, tool) || isOneOf(loopExempt, stepName);
}

function isOneOf(globs: GlobSet, name: string | undefined): boolean {
  return name !== undefined && findGlob(globs, name) !== undefined;
}

function describe(period: number, digestKnown: boolean): string {
  const what = period === 1 ? "the same step" : `a cycle of ${period} steps`;
  return digestKnown ? `${what} with the same results` : what;
}

/** Records a step that happened. */
export function recordStep(
  world: World,
  index: number,
  signature: string,
  resultDigest: string | undefined,
): void {
  const record = world.executions.record(index);
  const window = record.limits.loopWindow;
  world.rows.loops.touch(index);
  let ring = record.loop;
  if (ring === undefined || ring.window < window) {
    ring = resizeRing(ring, window);
    record.loop = ring;
  }
  const place = (ring.count % ring.window) * ENTRY;
  const hash = hashText(signature);
  const digest = digestOf(resultDigest);
  ring.entries[place] = hash.high;
  ring.entries[place + 1] = hash.low;
  ring.entries[place + 2] = digest.high;
  ring.entries[place + 3] = digest.low;
  ring.count++;
}

/** A step that was recorded when it was reserved has a result now. */
export function completeStep(
  world: World,
  index: number,
  signature: string,
  resultDigest: string | undefined,
): void {
  const ring = world.executions.record(index).loop;
  const digest = digestOf(resultDigest);
  if (ring === undefined || digest === NO_DIGEST) return;
  const hash = hashText(signature);
  const kept = Math.min(ring.count, ring.window);
  for (let back = kept; back > 0; back--) {
    const place = placeBack(ring, back);
    if (!isAt(ring, place, hash) || ring.entries[place + 2] !== 0 || ring.entries[place + 3] !== 0) continue;
    world.rows.loops.touch(index);
    ring.entries[place + 2] = digest.high;
    ring.entries[place + 3] = digest.low;
    return;
  }
}

/** The agent was warned once: the next crossing blocks. */
export function markLoopWarned(world: World, index: number): void {
  const ring = world.executions.record(index).loop;
  if (ring === undefined || ring.warned) return;
  world.rows.loops.touch(index);
  ring.warned = true;
}

function digestOf(resultDigest: string | undefined): Hashed {
  return resultDigest === undefined || resultDigest === "" ? NO_DIGEST : hashText(resultDigest);
}

function resizeRing(old: LoopRing | undefined, window: number): LoopRing {
  const ring: LoopRing = {
    entries: new Int32Array(window * ENTRY),
    window,
    count: 0,
    warned: old?.warned ?? false,
  };
  if (old === undefined) return ring;
  const kept = Math.min(old.count, old.window);
  for (let back = kept; back > 0; back--) {
    const from = ((old.count - back) % old.window) * ENTRY;
    ring.entries.set(old.entries.subarray(from, from + ENTRY), (ring.count % window) * ENTRY);
    ring.count++;
  }
  return ring;
}

interface Repeats {
  /** Whole repeats before this step. */
  readonly count: number;
  readonly period: number;
  readonly digestKnown: boolean;
}

function countRepeats(ring: LoopRing | undefined, signature: Hashed, digest: Hashed): Repeats {
  if (ring === undefined) return { count: 0, period: 1, digestKnown: false };
  let best: Repeats = countSame(ring, signature, digest);
  for (let period = 2; period <= LONGEST_CYCLE; period++) {
    const repeats = countCycles(ring, signature, period);
    if (repeats > best.count) best = { count: repeats, period, digestKnown: false };
  }
  return best;
}

/** Occurrences of the signature in the window whose digest equals the latest one's; without digests all are equal. */
function countSame(ring: LoopRing, signature: Hashed, digest: Hashed): Repeats {
  let latest = digest;
  let count = 0;
  const kept = Math.min(ring.count, ring.window);
  for (let back = 1; back <= kept; back++) {
    const place = ((ring.count - back) % ring.window) * ENTRY;
    if (!isAt(ring, place, signature)) continue;
    const seen: Hashed = { high: ring.entries[place + 2] as number, low: ring.entries[place + 3] as number };
    if (latest === NO_DIGEST) latest = seen;
    if (seen.high === latest.high && seen.low === latest.low) count++;
  }
  return { count, period: 1, digestKnown: latest.high !== 0 || latest.low !== 0 };
}

/**
 * Whole repeats, before this step, of the cycle that this step would continue: the `period` steps that end with the
 * previous occurrence of this step, compared with the ones before them.
 */
function countCycles(ring: LoopRing, signature: Hashed, period: number): number {
  const kept = Math.min(ring.count, ring.window);
  if (kept < period || !isAt(ring, placeBack(ring, period), signature)) return 0;
  if (isUniform(ring, period)) return 0;
  let matching = period;
  while (matching < kept && isSame(ring, matching + 1, matching + 1 - period)) matching++;
  return Math.floor(matching / period);
}

/** A cycle whose steps are all the same is the plain repetition. */
function isUniform(ring: LoopRing, period: number): boolean {
  for (let back = 2; back <= period; back++) if (!isSame(ring, back, 1)) return false;
  return true;
}

function placeBack(ring: LoopRing, back: number): number {
  return ((ring.count - back) % ring.window) * ENTRY;
}

function isAt(ring: LoopRing, place: number, hash: Hashed): boolean {
  return ring.entries[place] === hash.high && ring.entries[place + 1] === hash.low;
}

/** Same step with the same result, counted back from the latest. */
function isSame(ring: LoopRing, back: number, other: number): boolean {
  const left = placeBack(ring, back);
  const right = placeBack(ring, other);
  for (let part = 0; part < ENTRY; part++)
    if (ring.entries[left + part] !== ring.entries[right + part]) return false;
  return true;
}
