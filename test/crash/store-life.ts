// Starts the driver and listens to it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the driver found when it opened the store. */
export interface Found {
  readonly lastCut: number;
  readonly hole?: string;
  readonly damaged: readonly unknown[];
  readonly unproved: readonly string[];
  readonly setAside?: string;
  readonly differing: readonly string[];
}

export interface Life {
  /** Undefined when the process was killed before it could say. */
  readonly found: Found | undefined;
  readonly lastAcknowledged: number;
  readonly failures: readonly string[];
  readonly exitCode: number | null;
  readonly errorText: string;
}

export interface DriverOrder {
  readonly directory: string;
  readonly durability: "power" | "process";
  readonly lastCut: number;
  readonly acknowledgements?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export type Listener = (
  event: { readonly acknowledged: number } | { readonly failure: string } | "opened",
  child: ChildProcess,
) => void;

const DRIVER = fileURLToPath(new URL("./store-process.ts", import.meta.url));

/** One life of the driver, from start to exit; `listen` may kill it. Every line it wrote before its end is heard. */
export async function runDriver(
  order: DriverOrder,
  listen: Listener = () => undefined,
  started?: (child: ChildProcess) => void,
): Promise<Life> {
  const { directory, durability, lastCut, acknowledgements, environment = {} } = order;
  const args = [
    DRIVER,
    directory,
    durability,
    `${lastCut}`,
    ...(acknowledgements === undefined ? [] : [acknowledgements]),
  ];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "", ...environment },
  });
  started?.(child);
  let found: Found | undefined;
  let lastAcknowledged = 0;
  let errorText = "";
  const failures: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => {
    errorText += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (line.startsWith("{")) {
      found = JSON.parse(line) as Found;
      listen("opened", child);
    } else if (line.startsWith("failed ")) {
      failures.push(line.slice("failed ".length));
      listen({ failure: line.slice("failed ".length) }, child);
    } else if (/^\d+$/.test(line)) {
      lastAcknowledged = Number(line);
      listen({ acknowledged: lastAcknowledged }, child);
    }
  });
  const [[exitCode]] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    once(lines, "close"),
  ]);
  return { found, lastAcknowledged, failures, exitCode, errorText };
}
