// The chain of guards alone: µs of one CheckToolCall by size of its arguments. node guard-process.ts CALLS ROUNDS; answers
// one message and ends.

import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import type { ExecutionId } from "../../../src/domain/ids.ts";
import { createNow } from "../../../src/domain/time.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { registerExecution } from "../../../src/engine/executions/register.ts";
import { checkToolCall } from "../../../src/engine/guards/calls/check-tool-call.ts";
import { checkToolOutput } from "../../../src/engine/guards/calls/check-tool-output.ts";
import type { ToolCallRequest } from "../../../src/engine/guards/calls/tool-requests.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../src/engine/policy/resolve-policy.ts";
import { CALLER } from "./fixture.ts";

export interface GuardFigures {
  /** By size of the arguments, KB: µs of one call at its 50th and 99th percentile, by round. */
  readonly bySize: { readonly [kilobytes: string]: { readonly p50: number[]; readonly p99: number[] } };
  /** The first call with a text of characters not seen before, ms. */
  readonly coldMs: number;
}

const SIZES = [2, 16, 128];
/** Calls of one execution, below its limits of steps and plan. */
const CALLS_EACH = 15;
const WORDS = ["valve", "depth", "cement", "casing", "report", "section", "pressure", "interval"];

const [calls = 3_000, rounds = 5] = process.argv.slice(2).map(Number);
const world = createWorld({
  ids: createSystemIds(),
  digest: systemDigest,
  policy: {
    generation: 1,
    etag: "0123456789abcdef",
    set: createPolicySet(NO_DOCUMENTS),
    prices: undefined,
  },
  maxLiveExecutions: 1_000_000,
});
const now = createNow(10_000_000, Date.now());
let executions = 0;
let called = 0;

/** Arguments as a tool gets them: nested objects, lists, plain texts and numbers. */
function createArguments(kilobytes: number, text = ""): Uint8Array {
  const items: object[] = [];
  const made = { title: `plan ${PLACE} ${text}`, items };
  while (JSON.stringify(made).length < kilobytes * 1_024) {
    const at = items.length;
    items.push({
      name: `${WORDS[at % WORDS.length]} ${at}`,
      note: `${WORDS[(at + 3) % WORDS.length]} of the ${WORDS[(at + 5) % WORDS.length]} in row ${at}`,
      values: [at, at * 1.5, at % 2 === 0],
    });
  }
  return Buffer.from(JSON.stringify(made));
}

/** A tool that gave nothing: only its slot is free again. */
const NO_OUTPUT = {
  outputJson: undefined,
  durationMs: 1,
  errorClass: undefined,
  usage: undefined,
  provider: undefined,
  model: undefined,
  detail: "MINIMAL",
  acceptsRepair: false,
  fingerprint: () => "",
} as const;

/** Eight digits that differ from call to call: the same arguments again would be a loop. */
const PLACE = "00000000";

function call(template: Uint8Array): number {
  const argumentsJson = Buffer.from(template);
  argumentsJson.write(String(called).padStart(PLACE.length, "0"), argumentsJson.indexOf(PLACE));
  if (called++ % CALLS_EACH === 0) {
    const executionId = `guarded-${++executions}` as ExecutionId;
    const requested = { values: {}, custom: {} };
    registerExecution(
      world,
      CALLER,
      { executionId, principal: undefined, labels: {}, discovered: false, requested },
      now,
    );
  }
  const request: ToolCallRequest = {
    executionId: `guarded-${executions}`,
    callId: `call-${called}`,
    tool: "plan.save",
    argumentsJson,
    namespace: undefined,
    turnId: undefined,
    planId: undefined,
    idempotencyKey: undefined,
    capability: undefined,
    parents: [],
    reserve: undefined,
    operation: undefined,
    step: undefined,
    route: undefined,
    provider: undefined,
    weight: 0n,
    detail: "MINIMAL",
    acceptsRepair: false,
    approvalId: undefined,
    addresses: undefined,
    allowChanges: false,
    labels: {},
    scopes: [],
    sourceIp: undefined,
    fingerprint: () => `call-${called}`,
  };
  const startMs = performance.now();
  const { decision } = checkToolCall(world, CALLER, request, now);
  const tookUs = (performance.now() - startMs) * 1_000;
  if (!decision.allowed) throw new Error(`refused: ${decision.findings[0]?.message}`);
  const output = { executionId: request.executionId, callId: request.callId, ...NO_OUTPUT };
  checkToolOutput(world, CALLER, output, now);
  world.effects.length = 0;
  return tookUs;
}

/** µs at the 50th and the 99th percentile. */
function measure(kilobytes: number): readonly [number, number] {
  const bytes = createArguments(kilobytes);
  const count = Math.ceil(calls / kilobytes) + 200;
  const took = Array.from({ length: count }, () => call(bytes)).toSorted((a, b) => a - b);
  return [took[Math.floor(count * 0.5)] as number, took[Math.floor(count * 0.99)] as number];
}

for (let warm = 0; warm < 3; warm++) for (const size of SIZES) measure(size);
const bySize = Object.fromEntries(SIZES.map((size) => [size, { p50: [] as number[], p99: [] as number[] }]));
for (let round = 0; round < rounds; round++) {
  for (const size of SIZES) {
    const [p50, p99] = measure(size);
    bySize[size]?.p50.push(p50);
    bySize[size]?.p99.push(p99);
  }
}
const coldMs = call(createArguments(2, "Größe Ωμέγα 深さ глубина")) / 1_000;
process.send?.({ bySize, coldMs } satisfies GuardFigures);
