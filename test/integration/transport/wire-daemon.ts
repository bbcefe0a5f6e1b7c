// The doors of the daemon over a real Unix socket, with the real engine and the real loop of cuts, in one process. The
// file is the memory store: it passes the same suite as the real one and can be told to fail.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createMemoryVolume,
  type MemoryVolume,
  openMemoryStore,
} from "../../../src/adapters/memory/cut-store.ts";
import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import { createNow, type Now, type WallMs } from "../../../src/domain/time.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import type { LimitPolicy } from "../../../src/engine/limits/effective-limits.ts";
import { runDue } from "../../../src/engine/time/run-due.ts";
import type { Policy, World } from "../../../src/engine/world.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { CutLoop } from "../../../src/runtime/cut-loop.ts";
import { DeadlineLoop } from "../../../src/runtime/deadline-loop.ts";
import { EngineHost } from "../../../src/runtime/engine-host.ts";
import { findOutcomes } from "../../../src/runtime/find-outcomes.ts";
import { createServers, type Servers, type ServersOptions } from "../../../src/transport/create-servers.ts";
import { builtInLimits, policySetOf } from "../../unit/engine/policy-fixture.ts";

export const STORE_ID = "store-of-the-test";

export interface WireDaemon {
  readonly servers: Servers;
  readonly host: EngineHost;
  readonly world: World;
  readonly volume: MemoryVolume;
  readonly agent: string;
  readonly admin: string;
  /** Moves the clock of the engine, ms. */
  advance(ms: number): void;
  /** Lets everything happen that is due. */
  runDue(): void;
  /** Stops everything. @throws when a call failed by a mistake of ours */
  close(): Promise<void>;
}

export interface WireDaemonOptions {
  readonly policy?: Partial<LimitPolicy>;
  readonly maxLiveExecutions?: number;
  readonly onStoreFailure?: "continue" | "block";
  readonly servers?: Partial<ServersOptions>;
  readonly volume?: MemoryVolume;
  /** A clock of the test's own; `advance` does not move it. */
  readonly clock?: Clock;
  /** The whole policy, in place of `policy`. */
  readonly policySet?: Policy;
}

class ShiftedClock implements Clock {
  readonly bootId = "boot-of-the-test";
  shiftMs = 0;

  now(): Now {
    return createNow(performance.now() + 10_000_000 + this.shiftMs, Date.now() + this.shiftMs);
  }
}

export async function startWireDaemon(options: WireDaemonOptions = {}): Promise<WireDaemon> {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-wire-"));
  const shifted = new ShiftedClock();
  const clock = options.clock ?? shifted;
  const volume = options.volume ?? createMemoryVolume(STORE_ID);
  const { store, loaded } = openMemoryStore(volume);
  const limits = { ...builtInLimits(), ...options.policy };
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    policy: options.policySet ?? {
      generation: 1,
      etag: "policy-of-the-test",
      set: policySetOf(limits),
      prices: undefined,
    },
    maxLiveExecutions: options.maxLiveExecutions ?? 200,
  });
  const host = new EngineHost(world, clock);
  const internalErrors: unknown[] = [];
  const servers = createServers({
    host,
    storeInfo: () => ({ storeId: STORE_ID, durability: "power" }),
    info: {
      version: "0.0.0-test",
      startedAt: Date.now() as WallMs,
      settings: { on_store_failure: "continue" },
      warnings: [],
    },
    agent: {
      socket: { path: join(folder, "agent.sock"), mode: 0o660 },
      tcp: { host: "127.0.0.1", port: 0 },
    },
    admin: { path: join(folder, "admin.sock"), mode: 0o600 },
    findCompleted: async (subject) => {
      const [row] = await store.query({ table: "completed_executions", subject, limit: 1 });
      return row?.body;
    },
    findOutcomes: (subject) => findOutcomes(store, subject),
    observer: {
      internalError: (_method, cause) => internalErrors.push(cause),
      connectionRefused: () => undefined,
      lookupFailed: () => undefined,
    },
    ...options.servers,
  });
  const cuts = new CutLoop(host, {
    store,
    clock,
    lastCut: loaded.lastCut,
    onStoreFailure: options.onStoreFailure ?? "continue",
    maxUnsavedBytes: 64 * 1_048_576,
    onStateChange: (state) => servers.storeStateChanged(state),
    onCut: () => undefined,
  });
  const deadlines = new DeadlineLoop(host);
  await servers.start();
  const [agent] = servers.targets.agent;
  return {
    servers,
    host,
    world,
    volume,
    agent: agent as string,
    admin: servers.targets.admin as string,
    advance: (ms) => {
      shifted.shiftMs += ms;
    },
    runDue: () => {
      while (host.turn((engine, now) => runDue(engine, now, 100)) > 0);
    },
    close: async () => {
      await servers.stop(0);
      deadlines.stop();
      await cuts.drain();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
      if (internalErrors.length > 0)
        throw new AggregateError(internalErrors, "calls failed by a mistake of ours");
    },
  };
}
