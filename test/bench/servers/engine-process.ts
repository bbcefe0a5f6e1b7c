// The engine alone, without sockets and files: ns per report, µs per execution touched, µs per decision, slices, bytes.
// node --expose-gc engine-process.ts EXECUTIONS ROUNDS; answers one message and ends.

import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import type { Ask } from "../../../src/domain/intent.ts";
import { createNow } from "../../../src/domain/time.ts";
import { NO_USAGE, type UsageGroup } from "../../../src/domain/usage.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { check } from "../../../src/engine/intents/intents.ts";
import { applyBatch } from "../../../src/engine/reports/apply-batch.ts";
import { getReporter } from "../../../src/engine/reports/open-reporter.ts";
import { beginCut } from "../../../src/engine/rows/begin-cut.ts";
import { runDue } from "../../../src/engine/time/run-due.ts";
import { encodeSlice } from "../../../src/runtime/encode-slice.ts";
import { readThreadCpuMs } from "../measure/thread-cpu.ts";
import { CALLER, fixturePolicy, leafId, leavesOf, registerFixture } from "./fixture.ts";

export interface EngineFigures {
  readonly nsPerReport: readonly number[];
  readonly usPerExecution: readonly number[];
  readonly usPerDecision: readonly number[];
  readonly heapPerExecution: number;
  readonly residentPerExecution: number;
  /** Longest slice of a cut of everything, ms, by round; and of due timers. */
  readonly cutSliceMs: readonly number[];
  readonly dueSliceMs: readonly number[];
}

const [executions = 0, rounds = 7] = process.argv.slice(2).map(Number);
/** As src/runtime/deadline-loop.ts slices. */
const SLICE_DUE = 256;
const SLICE_DUE_MS = 0.1;
const DUE_PER_CUT = 1_200;
const MESSAGES = 2_000;
const BATCH = 100;
const MESSAGES_PER_CUT = 50;
const DECISIONS = 100_000;
const REPORT = {
  ...NO_USAGE,
  steps: 1n,
  tokens: { input: 812n, output: 147n },
  costNanoUsd: 3_500_000n,
  requests: 1n,
  toolCalls: 1n,
};

const gc = globalThis.gc;
if (gc === undefined) throw new Error("run with --expose-gc");
const settle = (): NodeJS.MemoryUsage => {
  gc();
  gc();
  return process.memoryUsage();
};
const before = settle();
const world = createWorld({
  ids: createSystemIds(),
  digest: systemDigest,
  policy: fixturePolicy(),
  maxLiveExecutions: executions + 1_000,
});
let now = createNow(10_000_000, Date.now());
registerFixture(world, executions, now);
const cutSliceMs = [cutAll()];
world.effects.length = 0;
const after = settle();
const leaves = leavesOf(executions);
const reporter = getReporter(
  world,
  CALLER,
  { reporterId: "bench", epoch: 1n, durableSeen: 0, principal: undefined },
  now,
);
let sequence = 1;

/** Encodes what changed, in slices; the longest of them, ms of CPU. */
function cutAll(): number {
  beginCut(world);
  let longest = 0;
  for (let done = false; !done; ) {
    const startMs = readThreadCpuMs();
    done = encodeSlice(world.generations, { now: () => createNow(performance.now(), 0) });
    longest = Math.max(longest, readThreadCpuMs() - startMs);
  }
  world.generations.cutDurable(world.generations.buffer.take());
  world.reporters.cutDurable();
  return longest;
}

/** A message as it is decoded: fresh strings, `groups` executions at random. */
function createMessage(groups: number): UsageGroup[] {
  return Array.from({ length: groups }, () => {
    const group = {
      executionId: Buffer.from(leafId(Math.floor(Math.random() * leaves))).toString("latin1"),
      provider: "demo",
      model: "demo-coder",
      firstSequence: BigInt(sequence),
      usage: Array.from({ length: BATCH / groups }, () => REPORT),
    };
    sequence += BATCH / groups;
    return group;
  });
}

/** µs of one message of a hundred reports. */
function timeMessages(groups: number): number {
  let spentMs = 0;
  for (let sent = 0; sent < MESSAGES; sent += MESSAGES_PER_CUT) {
    const messages = Array.from({ length: MESSAGES_PER_CUT }, () => createMessage(groups));
    const startMs = readThreadCpuMs();
    for (const message of messages) applyBatch(world, reporter, message, now);
    spentMs += readThreadCpuMs() - startMs;
    cutAll();
    world.effects.length = 0;
  }
  return (spentMs * 1_000) / MESSAGES;
}

function timeDecisions(): number {
  const asks: Ask[] = Array.from({ length: 10_000 }, () => ({
    executionId: Buffer.from(leafId(Math.floor(Math.random() * leaves))).toString("latin1"),
    intent: {
      step: { name: "plan" },
      entersDepth: false,
      tokens: { input: 812n, output: 147n },
      custom: {},
      weight: 1n,
      provider: "demo",
      model: "demo-coder",
      toolCalls: 1n,
      modifications: 0n,
    },
    detail: "MINIMAL",
    allowChanges: false,
    acceptsRepair: false,
    labels: {},
    scopes: [],
    fingerprint: () => "",
    intentText: () => "",
  }));
  const startMs = readThreadCpuMs();
  for (let at = 0; at < DECISIONS; at++) check(world, CALLER, asks[at % asks.length] as Ask, now);
  return ((readThreadCpuMs() - startMs) * 1_000) / DECISIONS;
}

/**
 * All wall-time deadlines come due together: the longest slice of each of `rounds` parts of them, ms of CPU; what V8
 * collects in a slice is in it.
 */
function timeDue(): number[] {
  now = createNow(now.monoMs + 90_000_000, now.wallMs + 90_000_000);
  const slices: number[] = [];
  let sinceCut = 0;
  for (let done = 1; done > 0; ) {
    const startCpuMs = readThreadCpuMs();
    const startMs = performance.now();
    done = runDue(world, now, SLICE_DUE, () => performance.now() >= startMs + SLICE_DUE_MS);
    slices.push(readThreadCpuMs() - startCpuMs);
    world.effects.length = 0;
    // As in life, what halted is written in between.
    sinceCut += done;
    if (sinceCut < DUE_PER_CUT) continue;
    cutAll();
    sinceCut = 0;
  }
  const part = Math.ceil(slices.length / rounds);
  return Array.from({ length: rounds }, (_, at) =>
    slices.slice(at * part, (at + 1) * part).reduce((longest, one) => Math.max(longest, one), 0),
  );
}

const nsPerReport: number[] = [];
const usPerExecution: number[] = [];
const usPerDecision: number[] = [];
for (let round = 0; round <= rounds; round++) {
  const one = timeMessages(1);
  const many = timeMessages(BATCH);
  const decision = timeDecisions();
  if (round === 0) continue;
  const perExecution = (many - one) / (BATCH - 1);
  usPerExecution.push(perExecution);
  nsPerReport.push(((one - perExecution) / BATCH) * 1_000);
  usPerDecision.push(decision);
}
// Every execution changes, then one cut writes them all.
for (let round = 0; round < rounds; round++) {
  for (const index of world.executions.indexes()) world.rows.executions.touch(index);
  cutSliceMs.push(cutAll());
}
const figures: EngineFigures = {
  nsPerReport,
  usPerExecution,
  usPerDecision,
  heapPerExecution:
    (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / executions,
  residentPerExecution: (after.rss - before.rss) / executions,
  cutSliceMs: cutSliceMs.slice(1),
  dueSliceMs: timeDue(),
};
process.send?.(figures);
