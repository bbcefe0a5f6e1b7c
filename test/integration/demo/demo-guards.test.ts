import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { GUARD_IDS } from "../../../src/domain/policy/guard-ids.ts";
import { root } from "./demo-process.ts";

const run = promisify(execFile);

describe("the demo of the guards", () => {
  test("shows every guard on a real daemon, and every answer is the one it announces", async () => {
    const { stdout } = await run(process.execPath, [join(root, "demo", "guards", "main.ts")], { cwd: root });
    for (const guard of GUARD_IDS) expect(stdout).toContain(`\n${guard}\n`);
    for (const shown of ["ALLOWED", "WARNING", "BLOCKED", "REPAIRED"]) expect(stdout).toContain(shown);
    expect(stdout).toContain(", 0 answered otherwise than announced.");
    for (const words of [
      "Missing required field: age",
      "Sensitive data detected: api_key",
      "Localhost access blocked",
      "Tool 'delete_user' classified as destructive is blocked in production",
      "array_length_exceeded: 2000 > 1000",
    ])
      expect(stdout).toContain(words);
    expect(stdout).not.toContain("sk_fake_abc123def456");
  });
});
