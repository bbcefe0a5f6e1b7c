import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Unit } from "../../../src/gen/tollgate/enforcement/v1/amount_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import {
  FindingKind,
  Role,
  Verdict,
  ViolationType,
} from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { DetailLevel, WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import {
  ReservationState,
  SettlementOutcome,
} from "../../../src/gen/tollgate/enforcement/v1/reservation_pb.ts";
import { connect, failureOf, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let made = 0;

beforeAll(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
});

afterAll(async () => {
  client.close();
  await daemon.close();
});

async function newExecution(limits: object = {}): Promise<string> {
  const { executionId } = await client.rpc.registerExecution({ executionId: `i${++made}`, limits });
  return executionId;
}

describe("Check", () => {
  test("answers a plain ALLOW shortly and takes nothing", async () => {
    const executionId = await newExecution();
    const { decision } = await client.rpc.check({ executionId, intent: { step: {} } });
    expect(decision).toMatchObject({ verdict: Verdict.ALLOW, allowed: true, findings: [], remaining: [] });
    expect(decision?.decidedAt).toBeUndefined();
    expect(decision?.decisionId).not.toBe("");
    const { execution } = await client.rpc.getExecution({ executionId });
    expect(execution?.usage?.steps).toBe(0n);
  });

  test("tells what remains when it is asked to", async () => {
    const executionId = await newExecution({ maxSteps: 5n });
    const { decision } = await client.rpc.check({
      executionId,
      intent: { step: {} },
      detail: DetailLevel.REMAINING,
    });
    expect(decision?.remaining).toContainEqual(
      expect.objectContaining({
        unit: Unit.STEPS,
        amount: expect.objectContaining({ value: { case: "count", value: 5n } }),
      }),
    );
  });

  test("explains a refusal: limit, numbers, tier and remedy", async () => {
    const executionId = await newExecution({ maxSteps: 1n });
    await client.rpc.charge({ executionId, intent: { step: {} } });
    const { decision } = await client.rpc.check({ executionId, intent: { step: {} } });
    expect(decision).toMatchObject({ verdict: Verdict.BLOCK, allowed: false });
    expect(decision?.findings[0]).toMatchObject({
      kind: FindingKind.LIMIT,
      reason: "STEP_LIMIT",
      code: "step_limit",
      violationType: ViolationType.STEP_LIMIT,
      limitId: "max_steps",
      unit: Unit.STEPS,
      message: "step_limit exceeded: 2 / 1 (200%)",
      percent: 200n,
      current: { value: { case: "count", value: 2n } },
      limit: { value: { case: "count", value: 1n } },
      overrun: { value: { case: "count", value: 1n } },
      remedy: { setting: "max_steps", role: Role.TENANT_ADMIN },
    });
    expect(decision?.findings[0]?.executionId).toBeUndefined();
  });

  test("answers an unknown execution with a decision", async () => {
    const { decision } = await client.rpc.check({ executionId: "nobody", intent: {} });
    expect(decision?.findings[0]?.reason).toBe("EXECUTION_UNKNOWN");
  });

  test.each([
    ["no intent", {}, "FIELD_REQUIRED", "intent"],
    [
      "a negative cost",
      { intent: { estimate: { costNanoUsd: -1n } } },
      "FIELD_INVALID",
      "intent.estimate.cost_nano_usd",
    ],
    [
      "tokens above 2^48",
      { intent: { estimate: { tokens: { input: (1n << 48n) + 1n } } } },
      "FIELD_INVALID",
      "intent.estimate.tokens.input",
    ],
    [
      "a part above its whole",
      { intent: { estimate: { tokens: { input: 1n, cacheRead: 2n } } } },
      "FIELD_INVALID",
      "intent.estimate.tokens",
    ],
    ["a weight above 2^32", { intent: { weight: (1n << 32n) + 1n } }, "FIELD_INVALID", "intent.weight"],
    ["an empty provider", { intent: { provider: "" } }, "FIELD_INVALID", "intent.provider"],
    [
      "a long signature",
      { intent: { step: { signature: "ä".repeat(513) } } },
      "FIELD_INVALID",
      "intent.step.signature",
    ],
    [
      "65 scopes",
      { intent: {}, scopes: Array.from({ length: 65 }, (_, at) => `s${at}`) },
      "FIELD_INVALID",
      "scopes",
    ],
    ["an address that is none", { intent: {}, sourceIp: "localhost!" }, "FIELD_INVALID", "source_ip"],
    ["an unspecified detail", { intent: {}, detail: 0 }, "FIELD_INVALID", "detail"],
    ["an operation without a name", { intent: { operation: {} } }, "FIELD_INVALID", "intent.operation.name"],
    [
      "a risk above 1",
      { intent: { operation: { name: "pay", risk: 1.1 } } },
      "FIELD_INVALID",
      "intent.operation.risk",
    ],
    [
      "an attribute that is no number",
      { intent: { operation: { name: "pay", attributes: { delta: Number.NaN } } } },
      "FIELD_INVALID",
      "intent.operation.attributes[delta]",
    ],
    [
      "33 attributes",
      {
        intent: {
          operation: {
            name: "pay",
            attributes: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`a${at}`, 0])),
          },
        },
      },
      "FIELD_INVALID",
      "intent.operation.attributes",
    ],
    [
      "a network target without a target",
      { intent: { networkTarget: {} } },
      "FIELD_REQUIRED",
      "intent.network_target.target",
    ],
    [
      "a long host",
      { intent: { networkTarget: { target: { case: "host", value: "a".repeat(1_025) } } } },
      "FIELD_INVALID",
      "intent.network_target.target",
    ],
    [
      "port 65,536",
      { intent: { networkTarget: { target: { case: "host", value: "a" }, port: 65_536 } } },
      "FIELD_INVALID",
      "intent.network_target.port",
    ],
    [
      "a text of no direction",
      { intent: { content: { text: "x", direction: 9 } } },
      "FIELD_INVALID",
      "intent.content.direction",
    ],
  ])("refuses %s with its path", async (_what, request, reason, field) => {
    const failure = await failureOf(client.rpc.check(request as never));
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason, fields: [field] });
  });

  test("judges a network target by the network guard", async () => {
    await client.rpc.registerExecution({ executionId: "targets" });
    const check = (host: string) =>
      client.rpc.check({
        executionId: "targets",
        intent: { networkTarget: { target: { case: "host", value: host } } },
      });
    const { decision } = await check("127.0.0.1");
    expect(decision).toMatchObject({ allowed: false, findings: [{ reason: "NETWORK_LOCALHOST" }] });
    expect((await check("example.org")).decision?.allowed).toBe(true);
  });

  test("refuses another principal than the execution's", async () => {
    const { executionId } = await client.rpc.registerExecution({
      executionId: "who",
      principal: { tenant: "acme" },
    });
    await client.rpc.check({ executionId, intent: {}, principal: { tenant: "acme" } });
    const failure = await failureOf(
      client.rpc.check({ executionId, intent: {}, principal: { tenant: "other" } }),
    );
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", fields: ["principal.tenant"] });
  });
});

describe("Charge", () => {
  test("takes what the intent says and answers when that is durable", async () => {
    const executionId = await newExecution();
    const intent = {
      step: { name: "read" },
      estimate: { tokens: { input: 10n, output: 5n }, costNanoUsd: 3n },
      weight: 2n,
    };
    const answer = await client.rpc.charge({ executionId, intent });
    expect(answer).toMatchObject({ decision: { verdict: Verdict.ALLOW }, reached: WaitMode.DURABLE });
    const { execution } = await client.rpc.getExecution({ executionId });
    expect(execution?.usage).toMatchObject({ steps: 1n, totalTokens: 15n, requests: 2n, costNanoUsd: 3n });
  });

  test("answers a refusal at once and takes nothing", async () => {
    const executionId = await newExecution({ maxSteps: 0n });
    const answer = await client.rpc.charge({ executionId, intent: { step: {} } });
    expect(answer.decision?.verdict).toBe(Verdict.BLOCK);
    expect(answer.reached).toBeUndefined();
    expect((await client.rpc.getExecution({ executionId })).execution?.usage?.requests).toBe(0n);
  });

  test("counts a repeated request once and refuses its id with other content", async () => {
    const executionId = await newExecution();
    const request = { executionId, requestId: "q1", intent: { step: {}, weight: 1n } };
    const first = await client.rpc.charge(request);
    const again = await client.rpc.charge({ ...request, detail: DetailLevel.FULL, wait: WaitMode.ACCEPTED });
    expect(again.decision?.decisionId).toBe(first.decision?.decisionId);
    expect((await client.rpc.getExecution({ executionId })).execution?.usage?.steps).toBe(1n);
    const failure = await failureOf(client.rpc.charge({ ...request, intent: { step: {}, weight: 2n } }));
    expect(failure).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "REQUEST_CONFLICT",
      fields: ["request_id"],
    });
  });
});

describe("Reserve, Settle, Release, Extend", () => {
  const intent = { estimate: { tokens: { input: 100n, output: 50n } } };

  test("hold, show, extend and settle once", async () => {
    const executionId = await newExecution();
    const held = await client.rpc.reserve({
      executionId,
      reservationId: "h1",
      intent,
      timeToLive: { seconds: 30n },
    });
    expect(held).toMatchObject({ decision: { allowed: true }, reached: WaitMode.DURABLE });
    const before = await client.rpc.getExecution({ executionId });
    expect(before.execution?.holds).toMatchObject([{ reservationId: "h1" }]);
    expect(before.execution?.holds[0]?.amounts.map((one) => one.unit)).toEqual([
      Unit.INPUT_TOKENS,
      Unit.OUTPUT_TOKENS,
      Unit.REQUESTS,
    ]);
    const shorter = await client.rpc.extend({
      executionId,
      target: { case: "reservationId", value: "h1" },
      timeToLive: { seconds: 1n },
    });
    expect(shorter.expiresAt?.seconds).toBe(held.expiresAt?.seconds);
    const settlement = { executionId, reservationId: "h1", usage: { tokens: { input: 120n, output: 60n } } };
    const settled = await client.rpc.settle(settlement);
    expect(settled).toMatchObject({
      outcome: SettlementOutcome.SETTLED,
      decision: { findings: [{ reason: "HOLD_OVERRUN" }, { reason: "PRICE_UNKNOWN" }] },
    });
    const again = await client.rpc.settle(settlement);
    expect(again.decision?.decisionId).toBe(settled.decision?.decisionId);
    const after = await client.rpc.getExecution({ executionId });
    expect(after.execution).toMatchObject({ usage: { totalTokens: 180n }, holds: [], held: [] });
    const other = await failureOf(client.rpc.settle({ ...settlement, usage: {} }));
    expect(other).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESERVATION_RESOLVED",
      metadata: { resolved_by: "settled" },
    });
  });

  test("gives the first answer to the same id and content, and refuses other content", async () => {
    const executionId = await newExecution();
    const first = await client.rpc.reserve({ executionId, reservationId: "h", intent });
    const again = await client.rpc.reserve({ executionId, reservationId: "h", intent });
    expect(again.decision?.decisionId).toBe(first.decision?.decisionId);
    const failure = await failureOf(client.rpc.reserve({ executionId, reservationId: "h", intent: {} }));
    expect(failure).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "RESERVATION_CONFLICT",
      fields: ["reservation_id"],
    });
  });

  test("release what was held, once", async () => {
    const executionId = await newExecution();
    await client.rpc.reserve({ executionId, reservationId: "h", intent });
    expect((await client.rpc.release({ executionId, reservationId: "h" })).state).toBe(
      ReservationState.RELEASED,
    );
    expect((await client.rpc.release({ executionId, reservationId: "h" })).state).toBe(
      ReservationState.RELEASED,
    );
    const extended = client.rpc.extend({ executionId, target: { case: "reservationId", value: "h" } });
    expect(await failureOf(extended)).toMatchObject({ reason: "RESERVATION_RESOLVED" });
    expect(await failureOf(client.rpc.release({ executionId, reservationId: "none" }))).toMatchObject({
      reason: "RESERVATION_NOT_FOUND",
    });
  });

  test("an empty intent holds nothing and carries a timeout", async () => {
    const executionId = await newExecution();
    await client.rpc.reserve({
      executionId,
      reservationId: "step",
      intent: {},
      timeout: { nanos: 1_000_000 },
    });
    const { execution } = await client.rpc.getExecution({ executionId });
    expect(execution?.holds).toMatchObject([{ amounts: [], timeout: { nanos: 1_000_000 } }]);
  });

  test("charge an unknown reservation once under its id", async () => {
    const executionId = await newExecution();
    const answer = await client.rpc.settle({ executionId, reservationId: "ghost", usage: { steps: 1n } });
    expect(answer.outcome).toBe(SettlementOutcome.UNKNOWN);
    await client.rpc.settle({ executionId, reservationId: "ghost", usage: { steps: 1n } });
    expect((await client.rpc.getExecution({ executionId })).execution?.usage?.steps).toBe(1n);
  });

  test.each([
    ["no reservation id", { reservationId: "" }, "reservation_id"],
    ["a time to live below a second", { timeToLive: { nanos: 999_000_000 } }, "time_to_live"],
    ["a time to live above an hour", { timeToLive: { seconds: 3_601n } }, "time_to_live"],
    ["a timeout of nothing", { timeout: {} }, "timeout"],
    ["a timeout above a day", { timeout: { seconds: 86_401n } }, "timeout"],
  ])("refuse %s", async (_what, more, field) => {
    const request = { executionId: "x", reservationId: "r", intent, ...more };
    expect(await failureOf(client.rpc.reserve(request as never))).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: [field],
    });
  });

  test("refuse usage that is invalid, and the slot of a tool call", async () => {
    const executionId = await newExecution();
    const invalid = client.rpc.settle({
      executionId,
      reservationId: "r",
      usage: { tokens: { output: 1n, reasoning: 2n } },
    });
    expect(await failureOf(invalid)).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: ["usage.tokens.reasoning"],
    });
    const slot = client.rpc.extend({ executionId, target: { case: "callId", value: "c" } });
    expect(await failureOf(slot)).toMatchObject({ code: "NOT_FOUND", reason: "CALL_NOT_FOUND" });
    expect(await failureOf(client.rpc.extend({ executionId }))).toMatchObject({ fields: ["target"] });
  });
});

describe("RecordOutcome", () => {
  test("records what came of a decision once, and says what is wrong with others", async () => {
    const executionId = await newExecution();
    const { decision } = await client.rpc.charge({
      executionId,
      intent: { operation: { name: "pay", risk: 0.1 } },
    });
    const subject = { case: "decisionId", value: decision?.decisionId ?? "" } as const;
    const accepted = { user_accepted: { value: { case: "flag", value: true } } } as const;
    expect((await client.rpc.recordOutcome({ subject, outcome: accepted })).reached).toBe(WaitMode.DURABLE);
    expect((await client.rpc.recordOutcome({ subject, outcome: accepted })).reached).toBeUndefined();
    const other = { user_accepted: { value: { case: "flag", value: false } } } as const;
    expect(await failureOf(client.rpc.recordOutcome({ subject, outcome: other }))).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "OUTCOME_CONFLICT",
      fields: ["outcome[user_accepted]"],
    });
    const unknown = { case: "decisionId", value: "none" } as const;
    expect(await failureOf(client.rpc.recordOutcome({ subject: unknown, outcome: accepted }))).toMatchObject({
      code: "NOT_FOUND",
      reason: "DECISION_NOT_FOUND",
    });
    expect(await failureOf(client.rpc.recordOutcome({ subject }))).toMatchObject({ fields: ["outcome"] });
    expect(await failureOf(client.rpc.recordOutcome({ outcome: accepted }))).toMatchObject({
      reason: "FIELD_REQUIRED",
      fields: ["subject"],
    });
  });
});
