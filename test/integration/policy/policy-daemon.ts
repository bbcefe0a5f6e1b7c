import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { createSettings } from "../../../src/config/read-settings.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { type Daemon, startDaemon } from "../../../src/daemon.ts";
import type { EffectiveLimit } from "../../../src/gen/tollgate/enforcement/v1/limits_pb.ts";
import { createLogger } from "../../../src/observability/logger.ts";

// A daemon in this process, with a directory of policies that tests write, told through its log what became of them.

export interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface PolicyDaemon {
  readonly daemon: Daemon;
  readonly client: TollgateClient;
  readonly directory: PolicyDirectory;
  readonly lines: readonly Line[];
  /** The first line with this event after the last one that was waited for. */
  waitFor(event: string): Promise<Line>;
  stop(): Promise<void>;
}

/** Like a mounted ConfigMap: files are links through `..data`, which another version replaces in one step. */
export class PolicyDirectory {
  readonly root: string;
  readonly path: string;
  #version = 0;

  constructor(root: string = mkdtempSync(join(tmpdir(), "tollgate-"))) {
    this.root = root;
    this.path = join(root, "policy");
    mkdirSync(this.path, { recursive: true });
  }

  /** Puts these files in place of all others. */
  swap(files: { readonly [name: string]: string }): void {
    const version = `..v${++this.#version}`;
    mkdirSync(join(this.path, version));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, version, name), text);
    symlinkSync(version, join(this.path, "..data_tmp"));
    renameSync(join(this.path, "..data_tmp"), join(this.path, "..data"));
    for (const name of this.#names) if (!(name in files)) rmSync(join(this.path, name));
    for (const name of Object.keys(files))
      if (!this.#names.has(name)) symlinkSync(join("..data", name), join(this.path, name));
    this.#names = new Set(Object.keys(files));
  }

  #names: ReadonlySet<string> = new Set();
}

export async function startPolicyDaemon(
  directory: PolicyDirectory,
  changes: Partial<Settings> = {},
): Promise<PolicyDaemon> {
  const { root } = directory;
  const settings = createSettings({
    data: join(root, "data"),
    policy: directory.path,
    address: { kind: "unix", path: join(root, "agent.sock") },
    adminAddress: { kind: "unix", path: join(root, "admin.sock") },
    probe: { kind: "tcp", host: "127.0.0.1", port: 0 },
    maxLiveExecutions: 1_000,
    ...changes,
  });
  const lines: Line[] = [];
  let seen = 0;
  let waiting: (() => void)[] = [];
  const logger = createLogger("info", {
    write: (text) => {
      lines.push(JSON.parse(text) as Line);
      for (const tell of waiting.splice(0)) tell();
    },
  });
  const daemon = await startDaemon(settings, { logger });
  seen = lines.length;
  const client = createClient({ address: daemon.addresses.agent ?? "" });
  const waitFor = async (event: string): Promise<Line> => {
    for (;;) {
      const place = lines.findIndex((line, at) => at >= seen && line.event === event);
      if (place >= 0) {
        seen = place + 1;
        return lines[place] as Line;
      }
      await new Promise<void>((resolve) => {
        waiting = [...waiting, resolve];
      });
    }
  };
  const stop = async (): Promise<void> => {
    client.close();
    await daemon.stop();
  };
  return { daemon, client, directory, lines, waitFor, stop };
}

/** The same under these files, until the test ends. */
export async function usePolicyDaemon(files: { readonly [name: string]: string }): Promise<PolicyDaemon> {
  const directory = new PolicyDirectory();
  directory.swap(files);
  const started = await startPolicyDaemon(directory);
  onTestFinished(() => started.stop());
  return started;
}

export const BASELINE_HEAD = "apiVersion: tollgate.dev/v1\nkind: Baseline\n";

export function tenantText(tenant: string, rest = ""): string {
  return `apiVersion: tollgate.dev/v1\nkind: Tenant\ntenant: ${tenant}\n${rest}`;
}

/** The effective `max_steps` of a tenant, as a fresh execution sees it. */
export async function maxSteps(
  { client }: PolicyDaemon,
  tenant: string,
  id: string,
): Promise<bigint | undefined> {
  const { limits } = await client.calls.registerExecution({ executionId: id, principal: { tenant } });
  return limitOf(limits, "max_steps");
}

/** The value of a limit on a count. */
export function limitOf(limits: readonly EffectiveLimit[], key: string): bigint | undefined {
  const limit = limits.find((one) => one.key === key);
  return limit?.value?.value.case === "count" ? limit.value.value.value : undefined;
}
