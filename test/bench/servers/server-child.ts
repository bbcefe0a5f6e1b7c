import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sample } from "./control.ts";
import type { LongestTurn } from "./watch-turns.ts";

// A measured process, its directory and its control channel.

export interface ServerOptions {
  readonly executions?: number;
  readonly persistence?: "file" | "memory";
  /** Where its log goes; it is written either way. */
  readonly log?: "inherit" | "ignore";
  /** Flags of Node, for a profile. */
  readonly execArgv?: readonly string[];
}

export class ServerChild {
  readonly directory: string;
  readonly target: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.target = `unix:${directory}/agent.sock`;
    this.#child = child;
  }

  static startEcho(): Promise<ServerChild> {
    const directory = createDirectory();
    return ServerChild.#start("echo-process.ts", directory, [`${directory}/agent.sock`], [], "inherit");
  }

  static startDaemon(options: ServerOptions = {}): Promise<ServerChild> {
    const {
      executions = 100_000,
      persistence = "file",
      execArgv = profileFlags(),
      log = "inherit",
    } = options;
    const directory = createDirectory();
    return ServerChild.#start(
      "daemon-process.ts",
      directory,
      [directory, String(executions), persistence],
      execArgv,
      log,
    );
  }

  /** The whole daemon with the policies of a directory. */
  static startReload(directory: string): Promise<ServerChild> {
    const flags = ["--max-semi-space-size=4", ...profileFlags()];
    return ServerChild.#start("reload-process.ts", directory, [directory], flags, "inherit");
  }

  static async #start(
    file: string,
    directory: string,
    words: readonly string[],
    execArgv: readonly string[],
    log: "inherit" | "ignore",
  ): Promise<ServerChild> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, words, {
      execArgv: [...execArgv],
      stdio: ["ignore", "ignore", log, "ipc"],
    });
    await nextMessage(child);
    return new ServerChild(directory, child);
  }

  /** The operators' door; the echo has none. */
  get adminTarget(): string {
    return `unix:${this.directory}/admin.sock`;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async sample(): Promise<Sample> {
    this.#child.send("sample");
    return (await nextMessage(this.#child)) as Sample;
  }

  /** The longest turn of its event loop since it was asked before; of a process that watches them. */
  async longestTurn(): Promise<LongestTurn> {
    this.#child.send("longest turn");
    return (await nextMessage(this.#child)) as LongestTurn;
  }

  /** Ends it in order and takes its directory away. */
  async stop(keepDirectory: "keep" | "remove" = "remove"): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.send("stop");
    await ended;
    if (keepDirectory === "remove") rmSync(this.directory, { recursive: true, force: true });
  }
}

export function createDirectory(): string {
  return mkdtempSync(join(tmpdir(), "tollgate-bench-"));
}

/** `TOLLGATE_TEST_PROFILE=DIRECTORY` writes a CPU profile of every daemon there. */
function profileFlags(): readonly string[] {
  const directory = process.env["TOLLGATE_TEST_PROFILE"];
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => reject(new Error(`a measured process ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      resolve(message);
    });
  });
}
