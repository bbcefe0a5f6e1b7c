import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { swapPolicy } from "../../../../src/engine/policy/refresh-policy.ts";
import { PolicyExposure } from "../../../../src/gen/tollgate/enforcement/v1/effective_policy_pb.ts";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { EventType } from "../../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { Tier } from "../../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { baselineOf, setOf, tenantOf } from "../../../unit/engine/policy/policy-documents.ts";
import { connect, failureOf, type WireClient } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";

const BASELINE = baselineOf(
  { execution: { max_steps: { default: 100, max: 1000 } } },
  { "execution.max_steps": 4 },
);
const XTO = tenantOf(
  "xto",
  {
    execution: { max_steps: 500 },
    operations: { blocked: ["db.drop"] },
    overrides: [{ match: { district: "08A" }, set: { execution: { max_steps: 30 } } }],
  },
  { "execution.max_steps": 5 },
);
const OPEN = tenantOf("open", { expose: "full" });

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;

beforeAll(async () => {
  const set = setOf(
    baselineOf(
      { ...BASELINE.value, expose: { default: "reduced", max: "full" } },
      { "execution.max_steps": 4 },
    ),
    [XTO, OPEN],
  );
  daemon = await startWireDaemon({ policySet: { generation: 7, etag: "e7", set, prices: undefined } });
  client = connect(EnforcementService, daemon.agent);
});

afterAll(async () => {
  client.close();
  await daemon.close();
});

const textOf = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

async function stepsOf(request: object) {
  const answer = await client.rpc.getEffectivePolicy({ keyPrefix: "execution.max_steps", ...request });
  const value = answer.values.find(({ key }) => key === "execution.max_steps");
  return {
    value: textOf(value?.valueJson),
    ceiling: textOf(value?.ceilingJson),
    tier: value?.tier,
    line: value?.line,
  };
}

describe("GetEffectivePolicy", () => {
  test("answers the values of the tenant with tier, document, line and ceiling", async () => {
    expect(await stepsOf({ principal: { tenant: "xto" } })).toEqual({
      value: "500",
      ceiling: "1000",
      tier: Tier.TENANT,
      line: 5,
    });
    expect(await stepsOf({ principal: { tenant: "xto" }, labels: { district: "08A" } })).toMatchObject({
      value: "30",
    });
    expect(await stepsOf({})).toMatchObject({ value: "100", tier: Tier.BASELINE, line: 4 });
  });

  test("names the policy, and shows patterns and keys of guards only where the tenant says `expose: full`", async () => {
    const answer = await client.rpc.getEffectivePolicy({ principal: { tenant: "xto" } });
    expect(answer).toMatchObject({
      policyEtag: "e7",
      policyGeneration: 7n,
      exposure: PolicyExposure.REDUCED,
    });
    expect(answer.knownOperations).toEqual(["db.drop"]);
    expect(answer.values.some(({ key }) => key === "guards.output_size.max_bytes")).toBe(false);
    const full = await client.rpc.getEffectivePolicy({ principal: { tenant: "open" } });
    expect(full.exposure).toBe(PolicyExposure.FULL);
    expect(full.values.some(({ key }) => key === "guards.output_size.max_bytes")).toBe(true);
  });

  test("takes tenant and labels from an execution, whose labels nobody replaces, and what it asked for itself", async () => {
    await client.rpc.registerExecution({
      executionId: "e1",
      principal: { tenant: "xto" },
      labels: { district: "08A" },
    });
    expect(await stepsOf({ executionId: "e1" })).toMatchObject({ value: "30" });
    expect(await stepsOf({ executionId: "e1", labels: { district: "7C" } })).toMatchObject({ value: "30" });
    await client.rpc.registerExecution({
      executionId: "e2",
      principal: { tenant: "xto" },
      limits: { maxSteps: 9n },
    });
    expect(await stepsOf({ executionId: "e2" })).toMatchObject({ value: "9", tier: Tier.SESSION });
    const error = await failureOf(client.rpc.getEffectivePolicy({ executionId: "nobody" }));
    expect(error.code).toBe("NOT_FOUND");
  });
});

describe("another policy", () => {
  test("reaches executions at once, counters stay, and watchers hear of it", async () => {
    await client.rpc.registerExecution({ executionId: "w", principal: { tenant: "xto" } });
    await client.rpc.charge({ executionId: "w", intent: { step: {} } });
    const watch = client.rpc.watchExecution({ executionId: "w" });
    await new Promise((resolve) => watch.call.once("metadata", resolve));
    const set = setOf(BASELINE, [tenantOf("xto", { execution: { max_steps: 1 } })], daemon.world.policy.set);
    daemon.host.turn((world) => {
      swapPolicy(world, { generation: 8, etag: "e8", set, prices: undefined });
    });
    daemon.runDue();
    const { message } = await watch.until((told) => told.message.case === "event");
    expect(message.value).toMatchObject({
      type: EventType.LIMITS_CHANGED,
      message: "limits changed by policy: max_steps",
    });
    watch.call.cancel();
    const { decision } = await client.rpc.charge({ executionId: "w", intent: { step: {} } });
    expect(decision).toMatchObject({ allowed: false, policyEtag: "e8" });
    expect(decision?.findings[0]?.message).toBe("step_limit exceeded: 2 / 1 (200%)");
  });
});
