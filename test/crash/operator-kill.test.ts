import { rmSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { ApprovalService } from "../../src/gen/tollgate/admin/v1/approval_service_pb.ts";
import { ExecutionAdminService } from "../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { PolicyService } from "../../src/gen/tollgate/admin/v1/policy_service_pb.ts";
import { TenantPart, TenantService } from "../../src/gen/tollgate/admin/v1/tenant_service_pb.ts";
import { EnforcementService } from "../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { createDirectory, DaemonProcess } from "../integration/daemon/daemon-process.ts";
import { tenantText } from "../integration/policy/policy-daemon.ts";
import { CallFailure, connect, failureOf } from "../integration/transport/wire-client.ts";
import { atScale, printedSeed, SeededRandom } from "./seeded-random.ts";

// Operators repeat a write whose answer they never saw. Under its request id it is done once, and answered as it was, also
// by the daemon after the one that was killed.

const USD = 1_000_000_000n;

function newDirectory(): string {
  const directory = createDirectory();
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Ends with the test, however that ends. */
async function startIn(directory: string) {
  const daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS: "100" }, undefined, directory);
  onTestFinished(() => daemon.kill());
  const admin = await daemon.address("admin");
  const doors = {
    agent: connect(EnforcementService, await daemon.address("agent")),
    executions: connect(ExecutionAdminService, admin),
    approvals: connect(ApprovalService, admin),
    policies: connect(PolicyService, admin),
    tenants: connect(TenantService, admin),
  };
  const end = async (): Promise<void> => {
    for (const door of Object.values(doors)) door.close();
    await daemon.kill();
  };
  return { ...doors, daemon, end };
}

async function newestVersion({ policies }: Started): Promise<bigint> {
  const [newest] = (await policies.rpc.history({ tenant: "acme" })).versions;
  return newest?.version ?? 0n;
}

type Started = Awaited<ReturnType<typeof startIn>>;

const target = (value: string) => ({ target: { case: "executionId" as const, value } });

/** One write of every kind, each with an id and with what lets it succeed only once. */
async function writesOf({ agent, executions, approvals }: Started) {
  const limits = { costAlertThresholdNanoUsd: USD, maxCostNanoUsd: 10n * USD };
  for (const executionId of ["asks", "steered"]) await agent.rpc.registerExecution({ executionId, limits });
  await agent.rpc.charge({ executionId: "asks", intent: { estimate: { costNanoUsd: 2n * USD } } });
  await agent.rpc.check({ executionId: "asks", intent: { step: {} } });
  const [open] = (await approvals.rpc.list({})).approvals;
  const { execution } = await executions.rpc.get({ executionId: "steered" });
  const approvalId = open?.approval?.approvalId as string;
  const until = { seconds: BigInt(Math.floor(Date.now() / 1_000) + 3_600) };
  const override = { tenant: "acme", principal: "user:ann", target: "requests.hour" };
  const adjustments = [{ key: "max_steps", value: { case: "count" as const, value: 7n } }];
  const etag = execution?.etag as string;
  return {
    approve: (on: Started) => on.approvals.rpc.approve({ approvalId, requestId: "r-approve" }),
    adjust: (on: Started) =>
      on.executions.rpc.adjustLimits({ executionId: "steered", adjustments, etag, requestId: "r-adjust" }),
    pause: (on: Started) =>
      on.executions.rpc.pause({ target: target("steered"), note: "look", requestId: "r-pause" }),
    put: (on: Started) =>
      on.policies.rpc.put({ tenant: "acme", text: tenantText("acme"), etag: "", requestId: "r-put" }),
    putPart: (on: Started) => {
      const valueJson = new TextEncoder().encode('{"tenant":{"requests":{"hour":5}}}');
      return on.tenants.rpc.putPart({
        tenant: "beta",
        part: TenantPart.QUOTAS,
        valueJson,
        requestId: "r-part",
      });
    },
    override: (on: Started) =>
      on.tenants.rpc.putOverride({
        ...override,
        value: { case: "quota", value: "9" },
        until,
        requestId: "r-override",
      }),
    takeBack: (on: Started) => on.tenants.rpc.deleteOverride({ ...override, requestId: "r-back" }),
  };
}

describe("P1 P2: a write of an operator that named a request id", () => {
  test("is answered after a kill as it was before, and done once", async () => {
    const directory = newDirectory();
    const before = await startIn(directory);
    const writes = await writesOf(before);
    const first: unknown[] = [];
    for (const write of Object.values(writes)) first.push(await write(before));
    const { versions } = await before.policies.rpc.history({ tenant: "beta" });
    await before.end();
    const after = await startIn(directory);
    const again: unknown[] = [];
    for (const write of Object.values(writes)) again.push(await write(after));
    expect(again).toEqual(first);
    expect((await after.policies.rpc.history({ tenant: "beta" })).versions).toEqual(versions);
    const other = after.executions.rpc.pause({ target: target("asks"), requestId: "r-pause" });
    expect(await failureOf(other)).toMatchObject({ code: "ALREADY_EXISTS", reason: "REQUEST_CONFLICT" });
    const elsewhere = after.executions.rpc.halt({ target: target("steered"), requestId: "r-put" });
    expect(await failureOf(elsewhere)).toMatchObject({ fields: ["request_id"] });
    await after.end();
  });

  test("counts once when the daemon is killed while it is under way", async () => {
    const random = new SeededRandom(printedSeed("operator kill"));
    const kills = atScale(6, 30);
    const directory = newDirectory();
    let running = await startIn(directory);
    let etag = "";
    for (let version = 1; version <= kills; version++) {
      const text = tenantText("acme", `execution: {max_steps: ${version}}\n`);
      // With the etag that it replaces: done twice it would be refused.
      const put = (on: Started) =>
        on.policies.rpc.put({ tenant: "acme", text, etag, requestId: `version-${version}` });
      const asked = put(running).catch((error: unknown) => error);
      // Mostly as soon as it is seen to be done: what is durable of it by then is a matter of luck.
      const seen = random.below(4) === 0 ? 0n : BigInt(version);
      while ((await newestVersion(running)) < seen);
      running.daemon.signal("SIGKILL");
      const answer = await asked;
      if (answer instanceof CallFailure && answer.code !== "UNAVAILABLE") throw answer;
      await running.end();
      running = await startIn(directory);
      const { document } = await put(running);
      expect(document?.version).toBe(BigInt(version));
      etag = document?.etag as string;
    }
    expect(await newestVersion(running)).toBe(BigInt(kills));
    await running.end();
  }, 120_000);
});
