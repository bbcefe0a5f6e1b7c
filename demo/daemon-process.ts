import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, waitForReady } from "../src/client/connect-client.ts";
import { digest } from "./replay/trajectory.ts";

// The daemon as a child process, started again when it dies; or the one that an earlier demo left behind.

/** Longest path of a Unix socket, bytes. */
const SOCKET_PATH_MAX_BYTES = 100;
/** How long a start may take: loading a large file included. */
const START_DEADLINE_MS = 30_000;
/** How long a stop may take: above the daemon's own drain timeout of 10 s. */
const STOP_DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 100;
/** Exit codes that waiting cures: the address is taken, the file is locked. */
const PASSING_EXITS: ReadonlySet<number> = new Set([69, 75]);

export class DaemonStartError extends Error {
  override readonly name = "DaemonStartError";
}

export interface DaemonPaths {
  readonly data: string;
  readonly agentAddress: string;
  readonly adminAddress: string;
  readonly log: string;
  readonly pid: string;
}

export function daemonPaths(folder: string): DaemonPaths {
  const beside = join(folder, "run");
  const sockets =
    Buffer.byteLength(join(beside, "agent.sock")) <= SOCKET_PATH_MAX_BYTES
      ? beside
      : join(tmpdir(), `tollgate-demo-${digest(folder)}`);
  mkdirSync(join(folder, "data"), { recursive: true });
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  return {
    data: join(folder, "data"),
    agentAddress: `unix:${join(sockets, "agent.sock")}`,
    adminAddress: `unix:${join(sockets, "admin.sock")}`,
    log: join(folder, "daemon.log"),
    pid: join(folder, "daemon.pid"),
  };
}

export interface DaemonListener {
  /** It was gone and serves again. */
  readonly onRestart: (pid: number) => void;
  /** It was gone and does not start any more. */
  readonly onFailure: (error: Error) => void;
}

/** Keeps one daemon serving until `stop`. */
export class DaemonProcess {
  readonly paths: DaemonPaths;
  readonly #root: string;
  readonly #listener: DaemonListener;
  #pid = 0;
  #isStopping = false;

  constructor(root: string, folder: string, listener: DaemonListener) {
    this.#root = root;
    this.paths = daemonPaths(folder);
    this.#listener = listener;
  }

  get pid(): number {
    return this.#pid;
  }

  /** Starts the daemon, or joins the one that serves already; answers which. @throws DaemonStartError */
  async open(): Promise<"started" | "joined"> {
    if (await this.#join()) {
      void this.#watchJoined();
      return "joined";
    }
    await this.#start();
    return "started";
  }

  /** Stops the daemon, whoever started it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (!isAlive(this.#pid)) return;
    process.kill(this.#pid, "SIGTERM");
    const until = Date.now() + STOP_DEADLINE_MS;
    while (isAlive(this.#pid) && Date.now() < until) await sleep(LOOK_EVERY_MS / 4);
    if (isAlive(this.#pid)) process.kill(this.#pid, "SIGKILL");
    rmSync(this.paths.pid, { force: true });
  }

  async #join(): Promise<boolean> {
    if (!existsSync(this.paths.pid)) return false;
    const pid = Number(readFileSync(this.paths.pid, "utf8"));
    if (!isAlive(pid) || !(await this.#isServing(1_000))) return false;
    this.#pid = pid;
    return true;
  }

  async #start(): Promise<void> {
    const until = Date.now() + START_DEADLINE_MS;
    while (Date.now() < until) {
      const child = this.#spawn();
      if (await this.#serves(child, until)) {
        child.once("exit", () => void this.#restart());
        if (hasEnded(child)) void this.#restart();
        return;
      }
      if (child.exitCode !== null && !PASSING_EXITS.has(child.exitCode)) break;
      // A daemon that is just going away may still hold the file.
      await sleep(LOOK_EVERY_MS * 5);
      if (this.#isStopping) return;
    }
    throw new DaemonStartError(
      `the daemon does not start; its last words in ${this.paths.log}:\n${lastLines(this.paths.log)}`,
    );
  }

  #spawn(): ChildProcess {
    const { data, agentAddress, adminAddress, log, pid } = this.paths;
    const output = openSync(log, "a");
    const child = spawn(process.execPath, [join(this.#root, "src", "main.ts"), "serve"], {
      cwd: this.#root,
      // A terminal's Ctrl-C is for the demo, which stops the daemon in order.
      detached: true,
      stdio: ["ignore", output, output],
      env: {
        ...environmentWithoutSettings(),
        TOLLGATE_ADDRESS: agentAddress,
        TOLLGATE_ADMIN_ADDRESS: adminAddress,
        TOLLGATE_DATA: data,
        TOLLGATE_POLICY: join(this.#root, "demo", "policy"),
        TOLLGATE_PROBE: "off",
        TOLLGATE_TCP: "off",
      },
    });
    this.#pid = child.pid ?? 0;
    writeFileSync(pid, String(this.#pid));
    return child;
  }

  /** Whether the child serves before it ends or time is over. */
  async #serves(child: ChildProcess, until: number): Promise<boolean> {
    while (Date.now() < until && !hasEnded(child)) {
      if (await this.#isServing(LOOK_EVERY_MS * 5)) return !hasEnded(child);
    }
    return false;
  }

  async #isServing(withinMs: number): Promise<boolean> {
    const client = createClient({ address: this.paths.agentAddress });
    try {
      await waitForReady(client.channel, client.address, withinMs);
      await client.calls.getInfo({});
      return true;
    } catch {
      // Not yet, or not at all: the caller looks again.
      return false;
    } finally {
      client.close();
    }
  }

  async #restart(): Promise<void> {
    if (this.#isStopping) return;
    try {
      await this.#start();
    } catch (error) {
      this.#listener.onFailure(error as Error);
      return;
    }
    if (!this.#isStopping) this.#listener.onRestart(this.#pid);
  }

  /** A daemon that is no child of ours tells nobody when it ends. */
  async #watchJoined(): Promise<void> {
    while (!this.#isStopping && isAlive(this.#pid)) await sleep(LOOK_EVERY_MS);
    await this.#restart();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The daemon of the demo has its own settings; those of the shell are for another one. */
function environmentWithoutSettings(): { readonly [name: string]: string | undefined } {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TOLLGATE_")));
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // No such process, or not ours.
    return false;
  }
}

function lastLines(path: string): string {
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}
