import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDirectory, DaemonProcess } from "./daemon-process.ts";

const root = createDirectory();

beforeAll(() => {
  execFileSync(process.execPath, ["deploy/build-rootfs.mjs", root], { stdio: "inherit" });
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe("the file tree of the image", () => {
  test("holds Node, the bundle and its native part, and no shell", () => {
    expect(readdirSync(join(root, "usr/local/bin"))).toEqual(["node"]);
    expect(existsSync(join(root, "bin/sh"))).toBe(false);
    expect(
      readdirSync(join(root, "opt/tollgate"))
        .filter((name) => name.endsWith(".cjs"))
        .sort(),
    ).toEqual(["daemon.cjs", "policy-worker.cjs", "reader-worker.cjs", "tollgate.cjs", "writer-worker.cjs"]);
    expect(readdirSync(join(root, "opt/tollgate/node_modules/better-sqlite3/prebuilds"))).toHaveLength(1);
  });

  test("holds a compiled form of the bundle that this Node takes", () => {
    const [program, script] = ["opt/tollgate/tollgate.cjs", "script.cachedDataRejected"];
    const source = `const script = require(${JSON.stringify(join(root, program))}); console.log(${script})`;
    expect(execFileSync(process.execPath, ["-e", source], { encoding: "utf8" })).toMatch(/false\n$/);
  });

  test("serves from the bundle, threads included, and stops with 0", async () => {
    const words = [
      "--max-semi-space-size=4",
      "--max-old-space-size=164",
      join(root, "opt/tollgate/tollgate.cjs"),
      "serve",
    ];
    const daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS: "auto" }, words);
    try {
      const started = await daemon.waitFor("daemon_started");
      console.log(`start to serving from the bundle: ${String(started["elapsed_ms"])} ms`);
      expect(started["max_live_executions"]).toBe(20_480);
      expect((await daemon.fetch("/readyz")).status).toBe(200);
      daemon.signal("SIGTERM");
      expect(await daemon.waitForExit()).toBe(0);
    } finally {
      await daemon.kill();
    }
  });

  // Only root may change the root directory of a process.
  test.runIf(process.getuid?.() === 0)(
    "is all that is needed: it prints its version as the image's user, with this tree as its root",
    () => {
      const words = [
        "--userspec=65532:65532",
        root,
        "/usr/local/bin/node",
        "/opt/tollgate/tollgate.cjs",
        "version",
      ];
      expect(execFileSync("chroot", words, { encoding: "utf8" })).toMatch(/^tollgate \d/);
    },
  );
});
