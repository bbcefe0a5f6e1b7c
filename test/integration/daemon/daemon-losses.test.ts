import { rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { SystemService } from "../../../src/gen/tollgate/admin/v1/system_service_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { connect, failureOf } from "../transport/wire-client.ts";
import { createDirectory, DaemonProcess } from "./daemon-process.ts";

const directory = createDirectory();
let daemon: DaemonProcess;

afterEach(async () => {
  await daemon.kill();
  rmSync(directory, { recursive: true, force: true });
});

async function start() {
  daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS: "100" }, undefined, directory);
  return {
    agent: connect(EnforcementService, await daemon.address("agent")),
    system: connect(SystemService, await daemon.address("admin")),
  };
}

/** Flips a bit of the numbers of an execution. */
function damageRowOf(executionId: string): void {
  const database = new Database(join(directory, "data", "tollgate.db"));
  const find = "SELECT key FROM execution_texts WHERE CAST(image AS TEXT) LIKE ?";
  const key = database.prepare(find).pluck().get(`%"${executionId}"%`);
  const image = database.prepare("SELECT image FROM executions WHERE key = ?").pluck().get(key) as Buffer;
  image.writeUInt8(image.readUInt8(12) ^ 1, 12);
  database.prepare("UPDATE executions SET image = ? WHERE key = ?").run(image, key);
  database.close();
}

test("P1: an execution whose row is damaged in the file is refused with DATA_LOSS, told, and cleared by an operator", async () => {
  const first = await start();
  for (const executionId of ["hit", "spared"]) {
    await first.agent.rpc.registerExecution({ executionId });
    await first.agent.rpc.charge({ executionId, intent: { step: {} } });
  }
  for (const client of Object.values(first)) client.close();
  daemon.signal("SIGTERM");
  await daemon.waitForExit();
  damageRowOf("hit");

  const { agent, system } = await start();
  expect(await daemon.waitFor("data_loss")).toMatchObject({ level: "error", damaged_rows: 1 });
  const check = async (executionId: string) =>
    (await agent.rpc.check({ executionId, intent: { step: {} } })).decision;
  expect(await check("hit")).toMatchObject({
    allowed: false,
    uncertain: true,
    findings: [{ reason: "DATA_LOSS" }],
  });
  expect(await check("spared")).toMatchObject({ allowed: true });
  expect(JSON.parse((await daemon.fetch("/readyz")).text)).toMatchObject({ store: { uncertain: 1 } });
  expect(await failureOf(system.rpc.clearUncertain({ executionId: "nobody" }))).toMatchObject({
    code: "NOT_FOUND",
    reason: "EXECUTION_NOT_FOUND",
  });
  expect(await system.rpc.clearUncertain({ tenant: "another" })).toMatchObject({
    executions: 0n,
    windows: 0n,
  });
  const cleared = await system.rpc.clearUncertain({ executionId: "hit", note: "looked at", requestId: "r" });
  expect(cleared).toMatchObject({ executions: 1n, windows: 0n });
  expect(await system.rpc.clearUncertain({ executionId: "hit", note: "looked at", requestId: "r" })).toEqual(
    cleared,
  );
  expect(await check("hit")).toMatchObject({ allowed: true });
  for (const client of [agent, system]) client.close();
});
