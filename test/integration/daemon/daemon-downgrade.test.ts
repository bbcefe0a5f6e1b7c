import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { connect } from "../transport/wire-client.ts";
import { createDirectory, DaemonProcess } from "./daemon-process.ts";
import { createNextRelease, type NextVersion } from "./other-release.ts";

// A file of version n under a program of version n − 1, and back. The older program is this one; the newer one is made of it.

const running: DaemonProcess[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.kill();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function useDirectory(): string {
  const directory = createDirectory();
  folders.push(directory);
  return directory;
}

/** The words that start the next release. */
function useNextRelease(kind: NextVersion): readonly string[] {
  const folder = createNextRelease(kind);
  folders.push(folder);
  return [join(folder, "src/main.ts"), "serve"];
}

function start(directory: string, words?: readonly string[]): DaemonProcess {
  const daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS: "100" }, words, directory);
  running.push(daemon);
  return daemon;
}

/** One life: takes a step in each of these executions, registering those that are new; answers the steps of each. */
async function live(
  directory: string,
  executionIds: readonly string[],
  end: "SIGTERM" | "SIGKILL",
  words?: readonly string[],
): Promise<readonly bigint[]> {
  const daemon = start(directory, words);
  const client = connect(EnforcementService, await daemon.address("agent"));
  const steps: bigint[] = [];
  for (const executionId of executionIds) {
    await client.rpc.registerExecution({ executionId });
    const { decision } = await client.rpc.charge({ executionId, intent: { step: {} } });
    expect(decision).toMatchObject({ allowed: true, findings: [] });
    expect(decision?.uncertain).not.toBe(true);
    steps.push((await client.rpc.getExecution({ executionId })).execution?.usage?.steps ?? 0n);
  }
  client.close();
  daemon.signal(end);
  expect(await daemon.waitForExit()).toBe(end === "SIGTERM" ? 0 : -2);
  expect(daemon.lines.filter((line) => line.includes('"event":"data_loss"'))).toEqual([]);
  return steps;
}

function queryFile<T>(directory: string, sql: string): T {
  const database = new Database(join(directory, "data", "tollgate.db"), { readonly: true });
  try {
    return database.prepare(sql).pluck().get() as T;
  } finally {
    database.close();
  }
}

describe("a file of the next version", () => {
  test("P1 P2: opens here when it only has more tables, which are found again as they were", async () => {
    const directory = useDirectory();
    const next = useNextRelease("additive");
    expect(await live(directory, ["a"], "SIGKILL", next)).toEqual([1n]);
    expect(queryFile(directory, "SELECT file_version FROM store")).toBe(4);
    expect(await live(directory, ["a", "b"], "SIGKILL")).toEqual([2n, 1n]);
    expect(queryFile(directory, "SELECT file_version FROM store")).toBe(4);
    expect(queryFile(directory, "SELECT count(*) FROM things")).toBe(1);
    expect(await live(directory, ["a", "b", "c"], "SIGTERM", next)).toEqual([3n, 2n, 1n]);
    expect(queryFile(directory, "SELECT count(*) FROM things")).toBe(3);
    expect(await live(directory, ["a", "b", "c"], "SIGTERM")).toEqual([4n, 3n, 2n]);
  });

  test("names the release it needs when it can be read no more, is left as it is, and a copy was made before", async () => {
    const directory = useDirectory();
    const next = useNextRelease("breaking");
    const [data, copy] = [join(directory, "data"), join(directory, "data", "tollgate.db.version-3")];
    expect(await live(directory, ["a"], "SIGTERM")).toEqual([1n]);
    expect(existsSync(copy)).toBe(false);
    expect(await live(directory, ["a"], "SIGTERM", next)).toEqual([2n]);
    expect(existsSync(copy)).toBe(true);
    const before = readFileSync(join(data, "tollgate.db"));
    const refused = start(directory);
    expect(await refused.waitForExit()).toBe(65);
    expect(refused.lines.join("\n")).toContain(
      "needs Tollgate 99.0.0 or newer; this one reads up to version 3",
    );
    expect(readFileSync(join(data, "tollgate.db")).equals(before)).toBe(true);
    // The way back that docs/durability.md names; what came after the copy is missing, and said to be.
    renameSync(copy, join(data, "tollgate.db"));
    const restored = start(directory);
    const client = connect(EnforcementService, await restored.address("agent"));
    expect((await client.rpc.getExecution({ executionId: "a" })).execution).toMatchObject({
      usage: { steps: 1n },
      uncertain: true,
    });
    client.close();
    expect(restored.lines.join("\n")).toContain('"event":"data_loss"');
  });
});
