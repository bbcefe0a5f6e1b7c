import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { connect, failureOf, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;

beforeAll(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
});

afterAll(async () => {
  client.close();
  await daemon.close();
  expect(daemon.internalErrors).toEqual([]);
});

describe("RegisterExecution", () => {
  test("answers the limits in force and waits until the registration is durable", async () => {
    const answer = await client.rpc.registerExecution({ executionId: "r1", limits: { maxSteps: 7n } });
    expect(answer.decision?.verdict).toBe(Verdict.ALLOW);
    expect(answer.reached).toBe(WaitMode.DURABLE);
    expect(answer.state).toBe(ExecutionState.RUNNING);
    const steps = answer.limits.find((limit) => limit.key === "max_steps");
    expect(steps?.value?.value).toEqual({ case: "count", value: 7n });
  });
});
