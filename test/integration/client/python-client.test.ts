import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { DaemonProcess } from "../daemon/daemon-process.ts";

// A client in another language, generated from proto/ by this very run.

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
/** Prepared by scripts/ensure-system.mjs, which every `npm test` runs first. */
const python = join(root, ".cache", "python", "bin", "python");
const hasPython = existsSync(python);
if (!hasPython)
  console.log(
    "Python client: skipped, no Python with grpcio; `node scripts/ensure-system.mjs test` says why",
  );

/** A process that starts, connects and exchanges four messages: only a hang takes longer. */
const DEADLINE_MS = 30_000;

test.runIf(hasPython)(
  "P5 P7: a Python agent is halted by what another stream uses, and sees the reason",
  async () => {
    const generated = mkdtempSync(join(tmpdir(), "tollgate-python-"));
    const daemon = DaemonProcess.spawn();
    try {
      const words = [join(root, "clients", "python", "generate.py"), generated];
      await run(python, words, { timeout: DEADLINE_MS });
      const script = join(root, "clients", "python", "tests", "halt_test.py");
      const environment = { ...process.env, PYTHONPATH: generated };
      const { stdout } = await run(python, [script, await daemon.address("agent")], {
        env: environment,
        timeout: DEADLINE_MS,
      });
      const result = JSON.parse(stdout) as { readonly halted_after_ms: number };
      console.log(
        `Python client: halted ${result.halted_after_ms} ms after the other stream's report was handed over`,
      );
      expect(result).toMatchObject({
        reason: "TOKEN_LIMIT",
        message: "token_limit exceeded: 1100 / 1000 (110%)",
        setting: "max_tokens",
        refused: true,
      });
    } finally {
      await daemon.kill();
      rmSync(generated, { recursive: true, force: true });
    }
  },
);
