import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createDirectory } from "./server-child.ts";

/** A process that appends and syncs when it is told to. */
export class AppendChild {
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
  }

  static async start(): Promise<AppendChild> {
    const directory = createDirectory();
    const child = fork(fileURLToPath(new URL("append-process.ts", import.meta.url)), [directory]);
    await once(child, "message");
    return new AppendChild(child, directory);
  }

  async begin(): Promise<void> {
    await this.#ask("begin");
  }

  /** p99 since it began, ms. */
  end(): Promise<number> {
    return this.#ask("end");
  }

  stop(): void {
    this.#child.kill();
    rmSync(this.#directory, { recursive: true });
  }

  async #ask(word: "begin" | "end"): Promise<number> {
    this.#child.send(word);
    const [p99] = (await once(this.#child, "message")) as [number];
    return p99;
  }
}
