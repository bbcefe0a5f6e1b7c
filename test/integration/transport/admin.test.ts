import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ApprovalService } from "../../../src/gen/tollgate/admin/v1/approval_service_pb.ts";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { ApprovalState } from "../../../src/gen/tollgate/enforcement/v1/approval_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Tier, Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { builtInLimits } from "../../unit/engine/policy-fixture.ts";
import { connect, failureOf, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

const USD = 1_000_000_000n;

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let admin: WireClient<typeof ExecutionAdminService>;
let approvals: WireClient<typeof ApprovalService>;
let made = 0;

beforeAll(async () => {
  const { byKey } = builtInLimits();
  const steps = { value: 100n, mode: "enforce", onExceed: "halt", tier: "baseline", ceiling: 500n } as const;
  daemon = await startWireDaemon({ policy: { byKey: { ...byKey, max_steps: steps } } });
  client = connect(EnforcementService, daemon.agent);
  admin = connect(ExecutionAdminService, daemon.admin);
  approvals = connect(ApprovalService, daemon.admin);
});

afterAll(async () => {
  for (const one of [client, admin, approvals]) one.close();
  await daemon.close();
});

async function newExecution(more: object = {}): Promise<string> {
  const { executionId } = await client.rpc.registerExecution({ executionId: `a${++made}`, ...more });
  return executionId;
}

const one = (executionId: string) => ({ target: { case: "executionId" as const, value: executionId } });

describe("Pause, Resume, Halt", () => {
  test("change the state, are durable, and are told to the agent", async () => {
    const executionId = await newExecution();
    const paused = await admin.rpc.pause({ target: one(executionId), note: "look" });
    expect(paused).toMatchObject({
      changes: [
        { executionId, caller: "uds", previousState: ExecutionState.RUNNING, state: ExecutionState.PAUSED },
      ],
      reached: WaitMode.DURABLE,
    });
    const { decision } = await client.rpc.check({ executionId, intent: { step: {} } });
    expect(decision).toMatchObject({
      verdict: Verdict.PAUSE,
      findings: [{ reason: "EXECUTION_PAUSED", message: "paused by admin-socket: look" }],
    });
    expect((await admin.rpc.resume({ target: one(executionId) })).changes).toMatchObject([
      { state: ExecutionState.RUNNING },
    ]);
    expect((await admin.rpc.halt({ target: one(executionId) })).changes).toMatchObject([
      { state: ExecutionState.HALTED },
    ]);
    expect(await failureOf(admin.rpc.pause({ target: one(executionId) }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "EXECUTION_NOT_RUNNING",
    });
    await client.rpc.completeExecution({ executionId });
    expect(await failureOf(admin.rpc.halt({ target: one(executionId) }))).toMatchObject({
      reason: "EXECUTION_COMPLETED",
    });
  });

  test("act on all live executions that match, and tell what became of each", async () => {
    for (let at = 0; at < 3; at++) await newExecution({ labels: { group: "fleet" } });
    const halted = await admin.rpc.halt({
      target: { target: { case: "selector", value: { labels: { group: "fleet" } } } },
    });
    expect(halted.changes.map((change) => change.state)).toEqual(Array(3).fill(ExecutionState.HALTED));
    const paused = await admin.rpc.pause({
      target: { target: { case: "selector", value: { labels: { group: "fleet" } } } },
    });
    expect(paused.changes.map((change) => change.state)).toEqual(Array(3).fill(ExecutionState.HALTED));
    expect([halted.reached, paused.reached]).toEqual([WaitMode.DURABLE, undefined]);
  });

  test("refuse an id of several callers until one is named", async () => {
    const [, tcp] = daemon.servers.targets.agent;
    const other = connect(EnforcementService, tcp as string);
    await other.rpc.registerExecution({ executionId: "both" });
    await client.rpc.registerExecution({ executionId: "both" });
    other.close();
    expect(await failureOf(admin.rpc.halt({ target: one("both") }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "EXECUTION_AMBIGUOUS",
    });
    expect((await admin.rpc.halt({ target: { ...one("both"), caller: "tcp" } })).changes).toMatchObject([
      { caller: "tcp" },
    ]);
  });

  test("refuse another etag, a selector of nothing, a long note, a request id with other content", async () => {
    const executionId = await newExecution();
    const { execution } = await admin.rpc.get({ executionId });
    expect(await failureOf(admin.rpc.pause({ target: one(executionId), etag: "old" }))).toMatchObject({
      code: "ABORTED",
      reason: "ETAG_MISMATCH",
    });
    await admin.rpc.pause({ target: one(executionId), etag: execution?.etag as string, requestId: "q" });
    await admin.rpc.pause({ target: one(executionId), etag: execution?.etag as string, requestId: "q" });
    expect(await failureOf(admin.rpc.pause({ target: one(executionId), requestId: "q" }))).toMatchObject({
      reason: "REQUEST_CONFLICT",
    });
    const nothing = admin.rpc.halt({ target: { target: { case: "selector", value: {} } } });
    expect(await failureOf(nothing)).toMatchObject({ fields: ["target.selector"] });
    const long = admin.rpc.halt({ target: one(executionId), note: "x".repeat(1_025) });
    expect(await failureOf(long)).toMatchObject({ fields: ["note"] });
    expect(await failureOf(admin.rpc.halt({}))).toMatchObject({
      reason: "FIELD_REQUIRED",
      fields: ["target"],
    });
  });
});

describe("AdjustLimits", () => {
  test("replaces values within the ceilings and shows them", async () => {
    const executionId = await newExecution({ limits: { maxSteps: 1n } });
    const adjustments = [
      { key: "max_steps", value: { case: "count" as const, value: 500n } },
      { key: "max_cost_usd", value: { case: "usd" as const, value: "12.50" } },
      { key: "max_wall_time_ms", value: { case: "duration" as const, value: { seconds: 9n } } },
    ];
    const answer = await admin.rpc.adjustLimits({ executionId, adjustments });
    const limit = (key: string) => answer.limits.find((found) => found.key === key);
    expect(limit("max_steps")).toMatchObject({ tier: Tier.ADJUSTED, value: { value: { value: 500n } } });
    expect(limit("max_cost_usd")?.value?.value).toEqual({ case: "nanoUsd", value: (25n * USD) / 2n });
    const { execution } = await admin.rpc.get({ executionId });
    expect(execution?.etag).toBe(answer.etag);
    expect(execution?.adjustments.map((found) => found.value.value)).toMatchObject(
      [{ seconds: 9n }, 500n, "12.50"].toSorted(() => 0),
    );
    const reset = await admin.rpc.adjustLimits({ executionId, resetKeys: ["max_steps"] });
    expect(reset.limits.find((found) => found.key === "max_steps")).toMatchObject({
      tier: Tier.SESSION,
      value: { value: { value: 1n } },
    });
  });

  test.each([
    ["above the ceiling", { key: "max_steps", value: { case: "count", value: 501n } }, "ABOVE_CEILING"],
    ["of an unknown key", { key: "max_cats", value: { case: "count", value: 1n } }, "FIELD_INVALID"],
    ["in another form", { key: "max_cost_usd", value: { case: "count", value: 1n } }, "FIELD_INVALID"],
    ["that is negative", { key: "max_cost_usd", value: { case: "usd", value: "-1" } }, "FIELD_INVALID"],
    [
      "with ten decimals",
      { key: "max_cost_usd", value: { case: "usd", value: "0.0000000001" } },
      "FIELD_INVALID",
    ],
  ])("refuses a value %s", async (_what, adjustment, reason) => {
    const executionId = await newExecution();
    const failure = await failureOf(
      admin.rpc.adjustLimits({ executionId, adjustments: [adjustment as never] }),
    );
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason });
    expect(failure.fields.length).toBe(1);
  });
});

describe("List", () => {
  test("filters over all callers", async () => {
    await newExecution({ principal: { tenant: "listed", user: "u1", agent: "bot" }, labels: { a: "1" } });
    await newExecution({ principal: { tenant: "listed", user: "u2" } });
    expect((await admin.rpc.list({ tenant: "listed" })).executions.length).toBe(2);
    expect((await admin.rpc.list({ tenant: "listed", agent: "bot" })).executions).toMatchObject([
      { caller: "uds", execution: { principal: { user: "u1" } } },
    ]);
    expect((await admin.rpc.list({ tenant: "listed", labels: { a: "2" } })).executions).toEqual([]);
    const first = await admin.rpc.list({ tenant: "listed", pageSize: 1 });
    const second = await admin.rpc.list({ tenant: "listed", pageSize: 1, pageToken: first.nextPageToken });
    expect(second.nextPageToken).toBe("");
    expect(second.executions[0]?.execution?.executionId).not.toBe(
      first.executions[0]?.execution?.executionId,
    );
  });
});

describe("approvals", () => {
  const pause = async (): Promise<{ executionId: string; approvalId: string }> => {
    const executionId = await newExecution({
      limits: { costAlertThresholdNanoUsd: USD, maxCostNanoUsd: 10n * USD },
    });
    await client.rpc.charge({ executionId, intent: { estimate: { costNanoUsd: 2n * USD } } });
    const { decision } = await client.rpc.check({ executionId, intent: { step: {} } });
    expect(decision?.verdict).toBe(Verdict.PAUSE);
    return { executionId, approvalId: decision?.approvalIds[0] as string };
  };

  test("are shown to the agent, watched, listed, and granted once", async () => {
    const watch = approvals.rpc.watch({});
    await new Promise((resolve) => watch.call.once("metadata", resolve));
    const { executionId, approvalId } = await pause();
    expect((await watch.next())?.approval?.approval).toMatchObject({ approvalId, state: ApprovalState.OPEN });
    const open = await client.rpc.getApproval({ approvalId });
    expect(open.approval).toMatchObject({
      executionId,
      state: ApprovalState.OPEN,
      cause: "cost_alert_threshold_usd",
    });
    expect((await approvals.rpc.list({ executionId, states: [ApprovalState.OPEN] })).approvals).toMatchObject(
      [{ caller: "uds" }],
    );
    const waiting = client.rpc.getApproval({ approvalId, waitUpTo: { seconds: 60n } });
    const granted = await approvals.rpc.approve({ approvalId, thresholdUsd: "5.00", note: "go on" });
    expect(granted).toMatchObject({
      approval: {
        approval: {
          state: ApprovalState.APPROVED,
          answeredBy: "admin-socket",
          note: "go on",
          grantedThresholdNanoUsd: 5n * USD,
        },
      },
      reached: WaitMode.DURABLE,
    });
    expect((await waiting).approval?.state).toBe(ApprovalState.APPROVED);
    expect((await watch.next())?.approval?.approval?.state).toBe(ApprovalState.APPROVED);
    expect((await client.rpc.check({ executionId, intent: { step: {} } })).decision?.allowed).toBe(true);
    expect(await failureOf(approvals.rpc.approve({ approvalId }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "APPROVAL_ANSWERED",
    });
    watch.call.cancel();
  });

  test("are rejected, which halts the run", async () => {
    const { executionId, approvalId } = await pause();
    expect((await approvals.rpc.reject({ approvalId, note: "no" })).approval?.approval?.state).toBe(
      ApprovalState.REJECTED,
    );
    expect((await client.rpc.getExecution({ executionId })).execution).toMatchObject({
      state: ExecutionState.HALTED,
      stateFinding: { reason: "APPROVAL_REJECTED" },
    });
  });

  test("are not granted beyond the hard limit, nor for what is no amount", async () => {
    const { approvalId } = await pause();
    expect(await failureOf(approvals.rpc.approve({ approvalId, thresholdUsd: "11" }))).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "ABOVE_CEILING",
    });
    expect(await failureOf(approvals.rpc.approve({ approvalId, thresholdUsd: "much" }))).toMatchObject({
      fields: ["threshold_usd"],
    });
    expect(await failureOf(approvals.rpc.approve({ approvalId, etag: "old" }))).toMatchObject({
      reason: "ETAG_MISMATCH",
    });
    const other = connect(EnforcementService, daemon.servers.targets.agent[1] as string);
    expect(await failureOf(other.rpc.getApproval({ approvalId }))).toMatchObject({
      code: "NOT_FOUND",
      reason: "APPROVAL_NOT_FOUND",
    });
    other.close();
    expect(await failureOf(approvals.rpc.get({ approvalId: "none" }))).toMatchObject({
      reason: "APPROVAL_NOT_FOUND",
    });
    expect(await failureOf(client.rpc.getApproval({ approvalId, waitUpTo: { seconds: 61n } }))).toMatchObject(
      { fields: ["wait_up_to"] },
    );
  });

  test("that nobody answers are still open when the poll ends", async () => {
    const { approvalId } = await pause();
    const { approval } = await client.rpc.getApproval({ approvalId, waitUpTo: { nanos: 20_000_000 } });
    expect(approval?.state).toBe(ApprovalState.OPEN);
    expect(daemon.servers.counters.waitingPolls).toBe(0);
  });
});
