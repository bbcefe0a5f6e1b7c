// What is read and written on the short way is what the general way reads and writes.
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  option,
  property,
  record,
  string,
} from "fast-check";
import { describe, expect, test } from "vitest";
import { combineFindings, NO_FINDINGS } from "../../../src/domain/decision.ts";
import {
  CheckRequestSchema,
  CheckResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/check_pb.ts";
import { decisionToProto } from "../../../src/transport/convert/decisions.ts";
import { encodePlainAllow } from "../../../src/transport/plain/encode-plain-allow.ts";
import { readPlainCheck } from "../../../src/transport/plain/read-plain-check.ts";
import { CHECK_RULE } from "../../../src/transport/validate/intent-rules.ts";
import { changedBytes } from "./changed-bytes.ts";

const may = <T>(of: Parameters<typeof option<T>>[0]) => option(of, { nil: undefined });
const name = may(
  constantFrom("plan", "", "a b", "é", "a\nb", "x".repeat(128), "x".repeat(129), "x".repeat(200)),
);
const amount = may(
  constantFrom(
    0n,
    1n,
    127n,
    128n,
    1n << 28n,
    (1n << 42n) - 1n,
    1n << 42n,
    (1n << 48n) + 1n,
    (1n << 64n) - 1n,
  ),
);
const signed = may(constantFrom(0n, 5n, -1n, 1n << 50n));

const requests = record({
  executionId: may(constantFrom("run-1", "", "a b", "é", "x".repeat(129))),
  intent: may(
    record({
      step: may(record({ name, signature: name, discovered: may(boolean()), plannedOnly: may(boolean()) })),
      estimate: may(
        record({
          tokens: may(record({ input: amount, output: amount, cacheRead: amount })),
          costNanoUsd: signed,
          toolCalls: amount,
          modifications: amount,
        }),
      ),
      weight: amount,
      provider: name,
      model: name,
      route: name,
      tool: name,
      feature: name,
    }),
  ),
  labels: dictionary(constantFrom("env"), constantFrom("prod"), { maxKeys: 1 }),
  scopes: array(constantFrom("read"), { maxLength: 1 }),
  allowChanges: may(boolean()),
});

function encode(init: MessageInitShape<typeof CheckRequestSchema>): Buffer {
  return Buffer.from(toBinary(CheckRequestSchema, create(CheckRequestSchema, init)));
}

/** What the general way makes of bytes that were taken; undefined where they were not. */
function expectSame(bytes: Buffer): void {
  const plain = readPlainCheck(bytes);
  if (plain === undefined) return;
  const general = fromBinary(CheckRequestSchema, bytes, { readUnknownFields: false });
  expect({ ...plain, isPlain: undefined }).toEqual({ ...general, isPlain: undefined });
  expect(CHECK_RULE(general)).toBeUndefined();
}

describe("a check", () => {
  test("that is taken is read as the general way reads it, and is within every bound", () => {
    assert(
      property(requests, (init) => expectSame(encode(init))),
      { numRuns: 2_000 },
    );
  });

  test("of bytes at random is taken only where the general way reads the same", () => {
    const typical = encode({
      executionId: "run-1",
      intent: { step: { name: "plan" }, estimate: { tokens: { input: 8n } }, weight: 1n, model: "m" },
    });
    assert(
      property(changedBytes(typical), (bytes) => {
        expectSame(bytes);
        expectSame(Buffer.concat([typical, bytes]));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["an intent alone", { intent: {} }],
    [
      "a step",
      { executionId: "run-1", intent: { step: { name: "plan", signature: "s", discovered: true } } },
    ],
    [
      "amounts",
      {
        intent: {
          estimate: { costNanoUsd: 5_000_000_000n, toolCalls: 1n, modifications: 2n, tokens: { output: 3n } },
        },
      },
    ],
    ["names", { intent: { provider: "p", model: "m", route: "/v1", tool: "t", weight: 3n } }],
  ] satisfies [string, MessageInitShape<typeof CheckRequestSchema>][])("with %s is taken", (_what, init) => {
    expect(readPlainCheck(encode(init))).toBeDefined();
  });

  test.each([
    ["no intent", { executionId: "run-1" }],
    ["a label", { intent: {}, labels: { env: "prod" } }],
    ["a scope", { intent: {}, scopes: ["read"] }],
    ["more detail", { intent: {}, detail: 2 }],
    ["a principal", { intent: {}, principal: { tenant: "acme" } }],
    ["an operation", { intent: { operation: { name: "pay" } } }],
    ["custom counters", { intent: { estimate: { custom: { emails: 1n } } } }],
    ["an id with a space", { executionId: "a b", intent: {} }],
    ["a model without a name", { intent: { model: "" } }],
    ["a weight of 29 bits", { intent: { weight: 1n << 28n } }],
    ["an amount of 43 bits", { intent: { estimate: { toolCalls: 1n << 42n } } }],
  ] satisfies [string, MessageInitShape<typeof CheckRequestSchema>][])("with %s is left", (_what, init) => {
    expect(readPlainCheck(encode(init))).toBeUndefined();
  });
});

const facts = {
  decisionId: "3k2j1h-1a",
  policyEtag: "0123456789abcdef",
  decidedAtMs: 1_800_000_000_000,
  uncertain: false,
};

describe("an ALLOW without more to say", () => {
  const ids = string({ maxLength: 70 });
  test("is encoded as the general way encodes it", () => {
    assert(
      property(ids, ids, (decisionId, policyEtag) => {
        const decision = combineFindings(NO_FINDINGS, { ...facts, decisionId, policyEtag });
        const bytes = encodePlainAllow(decision);
        const isShort =
          decisionId.length + policyEtag.length <= 119 && decisionId !== "" && policyEtag !== "";
        expect(bytes !== undefined).toBe(
          isShort && Buffer.byteLength(decisionId + policyEtag) === (decisionId + policyEtag).length,
        );
        const wire = {
          $typeName: "tollgate.enforcement.v1.CheckResponse" as const,
          decision: decisionToProto(decision, "MINIMAL", ""),
        };
        const general = Buffer.from(toBinary(CheckResponseSchema, wire));
        expect(bytes ?? general).toEqual(general);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["a warning", { verdict: "WARN" }],
    ["a finding", { findings: [{}] }],
    ["advice", { advice: ["wrap_up"] }],
    ["an obligation", { obligations: [{}] }],
    ["uncertain counters", { uncertain: true }],
    ["a time to wait", { retryAfterMs: 5 }],
    ["guards", { guardDetails: [] }],
    ["pinned hosts", { pinnedHosts: [] }],
    ["an approval", { approvalIds: ["apr_1"] }],
  ])("is not one with %s", (_what, more) => {
    const decision = combineFindings(NO_FINDINGS, facts);
    expect(encodePlainAllow({ ...decision, ...(more as object) })).toBeUndefined();
  });
});
