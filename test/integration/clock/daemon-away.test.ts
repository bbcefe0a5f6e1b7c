import { afterEach, describe, expect, test } from "vitest";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { DaemonProcess } from "../daemon/daemon-process.ts";
import { batch, hello, openStream, progressThrough } from "../transport/usage-messages.ts";
import { connect, type WireClient } from "../transport/wire-client.ts";
import { FakedTime } from "./faked-time.ts";

// A daemon that is away under live agents and open holds, with the clocks of the machine moved on meanwhile.

const AWAY_S = 31 * 60;
/** How much longer a test may take than the clocks are moved, s. */
const TOLERANCE_S = 60;

let daemon: DaemonProcess;
const clients: { close(): void }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await daemon.kill();
});

async function start(time: FakedTime, directory?: string): Promise<WireClient<typeof EnforcementService>> {
  daemon = DaemonProcess.spawn({}, undefined, directory, time.environment);
  const client = connect(EnforcementService, await daemon.address("agent"));
  clients.push(client);
  return client;
}

/** Wall time, which includes the time away, must not end the run: idle clocks and holds are looked at here. */
async function allowTenHours(): Promise<void> {
  const admin = connect(ExecutionAdminService, await daemon.address("admin"));
  const value = { case: "duration" as const, value: { seconds: 36_000n } };
  await admin.rpc.adjustLimits({ executionId: "e", adjustments: [{ key: "max_wall_time_ms", value }] });
  admin.close();
}

describe("a daemon that was away for 31 minutes", () => {
  test.each(["SIGKILL", "SIGTERM"] as const)(
    "P1: after %s nothing idles out, holds live on for the reconnect grace, reports go on",
    async (signal) => {
      const time = new FakedTime("all");
      const before = await start(time);
      await before.rpc.registerExecution({ executionId: "e" });
      await allowTenHours();
      const first = await openStream(before, hello("r"));
      first.send(batch("e", 1, 3));
      await progressThrough(first, 3);
      const intent = { estimate: { tokens: { input: 100n } } };
      await before.rpc.reserve({ executionId: "e", reservationId: "h", intent, timeout: { seconds: 40n } });
      first.call.on("error", () => undefined);
      daemon.signal(signal);
      if (signal === "SIGTERM") first.end();
      await daemon.waitForExit();
      time.show("+31m");

      const after = await start(time, daemon.directory);
      const { execution } = await after.rpc.getExecution({ executionId: "e" });
      expect(execution?.state).toBe(ExecutionState.RUNNING);
      const wallSeconds = Number(execution?.usage?.wallTime?.seconds);
      expect(wallSeconds).toBeGreaterThanOrEqual(AWAY_S);
      expect(wallSeconds).toBeLessThan(AWAY_S + TOLERANCE_S);
      const [hold] = execution?.holds ?? [];
      expect(hold?.timedOut).toBeUndefined();
      expect(Number(hold?.remaining?.seconds)).toBeGreaterThanOrEqual(29);
      await after.rpc.extend({ executionId: "e", target: { case: "reservationId", value: "h" } });
      const stream = await openStream(after, hello("r", { resume: true, durableSeen: 3n }));
      stream.send(batch("e", 4, 4));
      await progressThrough(stream, 4);
      const settled = await after.rpc.settle({
        executionId: "e",
        reservationId: "h",
        usage: { tokens: { input: 80n } },
      });
      expect(settled.decision?.allowed).toBe(true);
      const whole = await after.rpc.getExecution({ executionId: "e" });
      expect(whole.execution?.usage).toMatchObject({ steps: 4n, totalTokens: 80n });
      expect(whole.execution?.held).toEqual([]);
    },
  );

  test("what wall time has ended meanwhile is ended at once, with its event", async () => {
    const time = new FakedTime("all");
    const before = await start(time);
    await before.rpc.registerExecution({ executionId: "e" });
    daemon.signal("SIGKILL");
    await daemon.waitForExit();
    time.show("+31m");
    const after = await start(time, daemon.directory);
    const watch = after.rpc.watchExecution({ executionId: "e", afterEventNumber: 0n });
    const halt = await watch.until(({ message }) => message.case === "event");
    expect(halt.message.value).toMatchObject({ eventNumber: 1n, payload: { case: "halt" } });
    const { execution } = await after.rpc.getExecution({ executionId: "e" });
    expect(execution?.state).toBe(ExecutionState.HALTED);
  });
});
