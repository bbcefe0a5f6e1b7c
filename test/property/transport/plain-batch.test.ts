// A batch that is read on the short way is what the general way reads.
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { array, assert, boolean, constantFrom, option, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamUsageRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { UsageGroupSchema, UsageSchema } from "../../../src/gen/tollgate/enforcement/v1/usage_pb.ts";
import { readPlainBatch } from "../../../src/transport/plain/read-plain-batch.ts";
import { changedBytes } from "./changed-bytes.ts";

type Report = MessageInitShape<typeof UsageSchema>;
type Group = MessageInitShape<typeof UsageGroupSchema>;

const may = <T>(of: Parameters<typeof option<T>>[0]) => option(of, { nil: undefined });
const name = may(constantFrom("plan", "", "a b", "é", "a\nb", "x".repeat(128), "x".repeat(129)));
const amount = may(
  constantFrom(0n, 1n, 127n, 128n, 3_500_000n, (1n << 42n) - 1n, 1n << 42n, 1n << 48n, (1n << 64n) - 1n),
);
const signed = may(constantFrom(0n, 5n, -1n, 1n << 41n, 1n << 50n));

const usage = record({
  steps: amount,
  tokens: may(
    record({
      input: amount,
      output: amount,
      cacheRead: amount,
      cacheWrite: amount,
      cacheWriteLong: amount,
      reasoning: amount,
      audioIn: may(constantFrom(1n)),
    }),
  ),
  costNanoUsd: signed,
  requests: amount,
  cpuMillis: amount,
  memoryMibMillis: amount,
  memoryBytes: amount,
  toolCalls: amount,
  modifications: amount,
  storageBytes: amount,
  step: may(
    record({
      name,
      signature: name,
      discovered: may(boolean()),
      plannedOnly: may(boolean()),
      resultDigest: name,
    }),
  ),
  depthDelta: may(constantFrom(0, -1)),
});

const groups = array(
  record({
    executionId: constantFrom("run-1", "run-2", "", "a b", "é", "x".repeat(129)),
    provider: name,
    model: may(constantFrom("demo-coder", "demo-codes", "demo")),
    route: name,
    firstSequence: constantFrom(0n, 1n, 300n, (1n << 42n) - 1n, 1n << 42n, (1n << 64n) - 1n),
    wantDecision: may(boolean()),
    usage: array(usage, { maxLength: 3 }),
  }),
  { maxLength: 4 },
);

function encode(of: readonly Group[]): Buffer {
  const message = { case: "usageBatch" as const, value: { groups: [...of] } };
  return Buffer.from(toBinary(StreamUsageRequestSchema, create(StreamUsageRequestSchema, { message })));
}

/** Bytes that are taken are read as the general way reads them; says whether they were. */
function expectSame(bytes: Buffer): boolean {
  const plain = readPlainBatch(bytes);
  if (plain === undefined) return false;
  expect(plain).toEqual(fromBinary(StreamUsageRequestSchema, bytes, { readUnknownFields: false }));
  return true;
}

const REPORT: Report = { steps: 1n, tokens: { input: 812n, output: 147n }, costNanoUsd: 3_500_000n };
const GROUP: Group = {
  executionId: "run-1",
  provider: "demo",
  model: "demo-coder",
  firstSequence: 1n,
  usage: [REPORT, { requests: 1n, step: { name: "plan", signature: "s" } }],
};

describe("a batch", () => {
  test("that is taken is read as the general way reads it", () => {
    let taken = 0;
    assert(
      property(groups, (of) => {
        if (expectSame(encode(of))) taken++;
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(300);
  });

  test("of bytes at random is taken only where the general way reads the same", () => {
    const typical = encode([GROUP, { ...GROUP, firstSequence: 3n }]);
    assert(
      property(changedBytes(typical), (bytes) => {
        expectSame(bytes);
        expectSame(Buffer.concat([typical, bytes]));
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ["tokens, cost and a step", [GROUP]],
    ["groups of other models", [GROUP, { ...GROUP, model: "demo-small" }, { ...GROUP, model: undefined }]],
    ["gauges", [{ ...GROUP, usage: [{ memoryBytes: 1n, storageBytes: (1n << 42n) - 1n }] }]],
    ["a decision that is wanted", [{ ...GROUP, route: "/v1", wantDecision: true }]],
    ["reports of no execution", [{ ...GROUP, executionId: "" }]],
  ] satisfies [string, Group[]][])("with %s is taken", (_what, of) => {
    expect(expectSame(encode(of))).toBe(true);
  });

  test.each([
    ["custom counters", { ...REPORT, custom: { emails: 1n } }],
    ["extra costs", { ...REPORT, extraCosts: [{ kind: "search" }] }],
    ["an operation", { ...REPORT, operation: "pay" }],
    ["a settled reservation", { ...REPORT, settlesReservationId: "r" }],
    ["an instant", { ...REPORT, occurredAt: { seconds: 1n, nanos: 0 } }],
    ["a depth", { ...REPORT, depthDelta: 1 }],
    ["audio", { ...REPORT, tokens: { audioIn: 1n } }],
    ["an amount of 43 bits", { ...REPORT, steps: 1n << 42n }],
    ["a negative cost", { ...REPORT, costNanoUsd: -1n }],
    ["a step in another script", { ...REPORT, step: { name: "план" } }],
  ] satisfies [string, Report][])("with %s is left", (_what, report) => {
    expect(readPlainBatch(encode([{ ...GROUP, usage: [report] }]))).toBeUndefined();
  });

  test("is the only message of a stream that is taken", () => {
    const hello = { case: "hello" as const, value: { reporterId: "r", epoch: 1n } };
    const bytes = toBinary(StreamUsageRequestSchema, create(StreamUsageRequestSchema, { message: hello }));
    expect(readPlainBatch(Buffer.from(bytes))).toBeUndefined();
    expect(readPlainBatch(Buffer.alloc(0))).toBeUndefined();
  });
});
