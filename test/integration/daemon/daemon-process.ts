import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// A daemon as a process of its own, in a directory of its own, watched through its log.

export interface LogLine {
  readonly event?: string;
  readonly level?: string;
  readonly addresses?: readonly string[];
  readonly [field: string]: unknown;
}

export class DaemonProcess {
  readonly directory: string;
  /** Every line of the error output, also those that are no JSON. */
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  readonly #exit: Promise<number>;
  #waiting: { readonly event: string; readonly resolve: (line: LogLine) => void }[] = [];
  #hasExited = false;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.child = child;
    const output = child.stderr;
    if (output === null) throw new Error("the error output is not piped");
    createInterface({ input: output }).on("line", (line) => this.#take(line));
    this.#exit = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#hasExited = true;
        resolve(code ?? (signal === null ? -1 : -2));
      });
    });
  }

  /**
   * Starts a daemon; `settings` are variables without their prefix, laid over a directory and sockets of its own; `more`
   * are other variables.
   */
  static spawn(
    settings: { readonly [name: string]: string } = {},
    words: readonly string[] = ["src/main.ts", "serve"],
    directory: string = createDirectory(),
    more: { readonly [name: string]: string } = {},
  ): DaemonProcess {
    return DaemonProcess.spawnCommand(process.execPath, words, settings, directory, more);
  }

  /** Starts whatever ends as a daemon. */
  static spawnCommand(
    command: string,
    words: readonly string[],
    settings: { readonly [name: string]: string } = {},
    directory: string = createDirectory(),
    more: { readonly [name: string]: string } = {},
  ): DaemonProcess {
    const own = {
      DATA: join(directory, "data"),
      POLICY: join(directory, "policy"),
      ADDRESS: `unix:${directory}/agent.sock`,
      ADMIN_ADDRESS: `unix:${directory}/admin.sock`,
      PROBE: "127.0.0.1:0",
      MAX_LIVE_EXECUTIONS: "10000",
      ...settings,
    };
    const environment = Object.fromEntries(
      Object.entries(own).map(([name, value]) => [`TOLLGATE_${name}`, value]),
    );
    const env = { ...environment, ...more };
    const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
    return new DaemonProcess(directory, child);
  }

  /** The first line with this event, which may have come already. Rejects when the process ends without it. */
  waitFor(event: string): Promise<LogLine> {
    const found = this.lines.map(parseLine).find((line) => line.event === event);
    if (found !== undefined) return Promise.resolve(found);
    const ended = this.#exit.then((code) => {
      const late = this.lines.map(parseLine).find((line) => line.event === event);
      if (late !== undefined) return late;
      throw new Error(`ended with ${code} without ${event}:\n${this.lines.join("\n")}`);
    });
    return Promise.race([ended, new Promise<LogLine>((resolve) => this.#waiting.push({ event, resolve }))]);
  }

  /** Where a door was opened: `agent`, `admin`, `probe`. */
  async address(door: string): Promise<string> {
    const { addresses = [] } = await this.waitFor("daemon_started");
    const found = addresses.find((address) => address.startsWith(`${door} `));
    if (found === undefined) throw new Error(`no door ${door} in ${addresses.join(", ")}`);
    return found.slice(door.length + 1);
  }

  async fetch(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${await this.address("probe")}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** The exit code; -2 when a signal killed it. */
  waitForExit(): Promise<number> {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends it in any case: for the end of a test. */
  async kill(): Promise<void> {
    if (!this.#hasExited) this.child.kill("SIGKILL");
    await this.#exit;
  }

  #take(line: string): void {
    this.lines.push(line);
    const parsed = parseLine(line);
    for (const waiting of this.#waiting) if (waiting.event === parsed.event) waiting.resolve(parsed);
    this.#waiting = this.#waiting.filter(({ event }) => event !== parsed.event);
  }
}

export function createDirectory(): string {
  return mkdtempSync(join(tmpdir(), "tollgate-"));
}

function parseLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return {};
  }
}
