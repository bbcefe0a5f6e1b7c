import {
  createMemoryVolume,
  type MemoryVolume,
  openMemoryStore,
} from "../../../src/adapters/memory/cut-store.ts";
import { SteadyClock } from "../../../src/adapters/system/steady-clock.ts";
import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../src/engine/policy/resolve-policy.ts";
import { CutLoop } from "../../../src/runtime/cut-loop.ts";
import { EngineHost } from "../../../src/runtime/engine-host.ts";

/** An engine with a store in memory and a clock whose hands the test moves. */
export interface EngineFixture {
  readonly hands: { monoMs: number; wallMs: number };
  readonly clock: SteadyClock;
  readonly host: EngineHost;
  readonly volume: MemoryVolume;
  readonly store: ReturnType<typeof openMemoryStore>["store"];
  readonly cuts: CutLoop;
  /** Resolves when the loop that writes cuts has told a change of its state. */
  readonly stateTold: () => Promise<"ok" | "failing" | "blocking">;
}

export function createEngine(
  onStoreFailure: "continue" | "block",
  onStep: (byMs: number) => void = () => undefined,
): EngineFixture {
  const hands = { monoMs: 1_000, wallMs: Date.UTC(2026, 10, 21) };
  const raw = { monoMs: () => hands.monoMs, wallMs: () => hands.wallMs, bootId: "boot" };
  const clock = new SteadyClock(raw, ({ byMs }) => onStep(byMs));
  const policy = { generation: 1, etag: "test", set: createPolicySet(NO_DOCUMENTS), prices: undefined };
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    policy,
    maxLiveExecutions: 1_000,
  });
  const host = new EngineHost(world, clock);
  const volume = createMemoryVolume("store");
  const { store } = openMemoryStore(volume);
  let tell: (state: "ok" | "failing" | "blocking") => void = () => undefined;
  const cuts = new CutLoop(host, {
    store,
    clock,
    lastCut: 0,
    onStoreFailure,
    maxUnsavedBytes: 1_048_576,
    onStateChange: (state) => tell(state),
    onCut: () => undefined,
  });
  const stateTold = (): Promise<"ok" | "failing" | "blocking"> =>
    new Promise((resolve) => {
      tell = resolve;
    });
  return { hands, clock, host, volume, store, cuts, stateTold };
}
