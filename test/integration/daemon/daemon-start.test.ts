import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDirectory, DaemonProcess } from "./daemon-process.ts";

const running: DaemonProcess[] = [];

function spawn(...input: Parameters<typeof DaemonProcess.spawn>): DaemonProcess {
  const daemon = DaemonProcess.spawn(...input);
  running.push(daemon);
  return daemon;
}

afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.kill();
});

describe("tollgate serve", () => {
  test("starts with an empty directory, tells what it promises, and ends with 0 on SIGTERM", async () => {
    const daemon = spawn();
    const started = await daemon.waitFor("daemon_started");
    expect(started).toMatchObject({
      durability: "power",
      on_store_failure: "continue",
      identity: "trusting",
      policy_etag: "built-in",
    });
    expect(started["file_outlives"]).toMatch(/^(process|container|pod|machine)$/);
    console.log(`start to serving: ${String(started["elapsed_ms"])} ms`);
    daemon.signal("SIGTERM");
    expect(await daemon.waitForExit()).toBe(0);
    expect(await daemon.waitFor("daemon_stopped")).toMatchObject({ level: "info", unsaved: false });
  });

  test("answers liveness, readiness and metrics on the probe port, and nothing else", async () => {
    const daemon = spawn();
    const health = await daemon.fetch("/healthz");
    expect(health.status).toBe(200);
    expect(JSON.parse(health.text)).toMatchObject({
      status: "ok",
      checks: { api: "serving", store: "ok", policy: { available: true } },
    });
    const ready = await daemon.fetch("/readyz?verbose");
    const { store_id } = await daemon.waitFor("store_opened");
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.text)).toMatchObject({
      status: "ok",
      store: { state: "ok", store_id },
      executions: 0,
      mode: "full",
    });
    const metrics = await daemon.fetch("/metrics");
    expect(metrics.text).toContain('tollgate_decisions_total{verdict="ALLOW",kind="check"} 0\n');
    expect((await daemon.fetch("/debug")).status).toBe(404);
  });

  test("keeps its store over a restart, and tells what is pinned and changed", async () => {
    const first = spawn();
    const { store_id } = await first.waitFor("daemon_started");
    first.signal("SIGINT");
    expect(await first.waitForExit()).toBe(0);
    const second = spawn({ TENANT: "acme", DURABILITY: "process" }, undefined, first.directory);
    const started = await second.waitFor("daemon_started");
    expect(started).toMatchObject({ store_id, identity: "pinned", durability: "process" });
    expect(started["settings"]).toContain("tenant (environment)");
  });

  test("a second daemon on the same directory is refused with 75 and the name of the holder; the first goes on", async () => {
    const first = spawn();
    await first.waitFor("daemon_started");
    const second = spawn({ ADDRESS: `unix:${first.directory}/other.sock` }, undefined, first.directory);
    expect(await second.waitForExit()).toBe(75);
    expect(second.lines.join("\n")).toMatch(
      new RegExp(`another Tollgate holds the store.*pid ${first.child.pid}`),
    );
    expect((await first.fetch("/readyz")).status).toBe(200);
  });

  test("a place where no store can live is refused with 74 and a reason", async () => {
    const directory = createDirectory();
    writeFileSync(join(directory, "data"), "no directory");
    const daemon = spawn({}, undefined, directory);
    expect(await daemon.waitForExit()).toBe(74);
    expect(daemon.lines.join("\n")).toContain(
      `the store directory ${directory}/data cannot be used (EEXIST)`,
    );
    const readOnly = spawn({ DATA: "/sys/tollgate" });
    expect(await readOnly.waitForExit()).toBe(74);
    expect(readOnly.lines.join("\n")).toContain(
      "the store directory /sys/tollgate is read-only for this user",
    );
  });

  test("wrong settings are all named, with 78", async () => {
    const daemon = spawn({ LOG_LEVEL: "loud", COLOUR: "red" });
    expect(await daemon.waitForExit()).toBe(78);
    expect(daemon.lines).toEqual([
      "tollgate: TOLLGATE_COLOUR is no setting: see --help",
      'tollgate: TOLLGATE_LOG_LEVEL: "loud" must be trace, debug, info, warn, error, fatal or silent',
    ]);
  });

  test("a policy directory with errors is refused with 78, file, line and column; nothing stays locked", async () => {
    const directory = createDirectory();
    mkdirSync(join(directory, "policy"));
    const path = join(directory, "policy", "prices.yaml");
    const head = "apiVersion: tollgate.dev/v1\nkind: Prices\nmodels:\n";
    writeFileSync(path, `${head}  - {provider: a, model: b, usd_per_million: {input: free, output: 1}}\n`);
    const refused = spawn({}, undefined, directory);
    expect(await refused.waitForExit()).toBe(78);
    expect(refused.lines.join("\n")).toContain(
      `tollgate: ${path}:4:54: models[0].usd_per_million.input: "free" must be an amount in USD`,
    );
    writeFileSync(path, `${head}  - {provider: a, model: b, usd_per_million: {input: 0, output: 1}}\n`);
    const { policy_etag } = await spawn({}, undefined, directory).waitFor("daemon_started");
    expect(policy_etag).toMatch(/^[0-9a-f]{16}$/);
  });

  test("an address that cannot be had is refused with 69 and named; nothing stays locked", async () => {
    const first = spawn();
    const taken = await first.address("probe");
    const second = spawn({ PROBE: taken });
    expect(await second.waitForExit()).toBe(69);
    expect(second.lines.join("\n")).toContain(`tollgate: listen EADDRINUSE: address already in use ${taken}`);
    await spawn({}, undefined, second.directory).waitFor("daemon_started");
  });
});

describe("tollgate", () => {
  test.each([
    [["version"], 0, /^tollgate \d+\.\d+\.\d+\n$/],
    [["--help"], 0, /usage: tollgate COMMAND/],
    [["serve", "--help"], 0, /--drain-timeout VALUE {3}TOLLGATE_DRAIN_TIMEOUT {3}default: 10 s/],
  ] as const)("%j prints on the standard output and ends with %i", async (words, code, expected) => {
    const daemon = spawn({}, ["src/main.ts", ...words]);
    let printed = "";
    daemon.child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    expect(await daemon.waitForExit()).toBe(code);
    expect(printed).toMatch(expected);
  });

  test("an unknown command ends with 64", async () => {
    const daemon = spawn({}, ["src/main.ts", "sevre"]);
    expect(await daemon.waitForExit()).toBe(64);
    expect(daemon.lines[0]).toBe('tollgate: "sevre" is no command');
  });
});
