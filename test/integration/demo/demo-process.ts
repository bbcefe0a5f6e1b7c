import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** What `--json` writes. */
export interface DemoTotals {
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_nano_usd: number;
  readonly verdicts: { readonly [name: string]: number };
}

/** A folder for one replay: the daemon's file and the totals. */
export class DemoFolder {
  readonly path = mkdtempSync(join(tmpdir(), "tollgate-demo-test-"));
  readonly json = join(this.path, "totals.json");

  totals(): DemoTotals {
    return JSON.parse(readFileSync(this.json, "utf8")) as DemoTotals;
  }

  daemonPid(): number {
    return Number(readFileSync(join(this.path, "daemon.pid"), "utf8"));
  }

  /** Stops a daemon that a killed demo left behind, and removes the folder. */
  clear(): void {
    if (existsSync(join(this.path, "daemon.pid"))) killIfAlive(this.daemonPid());
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The demo as a process of its own. */
export class DemoProcess {
  readonly child: ChildProcess;
  output = "";
  readonly #ended: Promise<number | NodeJS.Signals>;

  constructor(words: readonly string[], environment: { readonly [name: string]: string } = {}) {
    this.child = spawn(process.execPath, [join(root, "demo", "main.ts"), ...words], {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (bytes: Buffer) => this.#read(bytes));
    this.child.stderr?.on("data", (bytes: Buffer) => this.#read(bytes));
    this.#ended = new Promise((resolve) => {
      this.child.on("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    });
  }

  #waiting: { readonly text: string; readonly resolve: () => void } | undefined;

  #read(bytes: Buffer): void {
    this.output += bytes.toString();
    if (this.#waiting !== undefined && this.output.includes(this.#waiting.text)) this.#waiting.resolve();
  }

  /** Resolves when the output has `text`. Rejects when the demo ends without it. */
  async says(text: string): Promise<void> {
    if (this.output.includes(text)) return;
    const said = new Promise<"said">((resolve) => {
      this.#waiting = { text, resolve: () => resolve("said") };
    });
    if ((await Promise.race([said, this.#ended])) !== "said")
      throw new Error(`the demo never said "${text}":\n${this.output}`);
  }

  /** Exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }

  /** kill -9 */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }
}

export function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
