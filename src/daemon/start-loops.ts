import type { OpenedStore } from "../adapters/sqlite/open-store.ts";
import type { SteadyClock } from "../adapters/system/steady-clock.ts";
import type { Settings } from "../config/settings.ts";
import { cutWritten, storeFailed, storeRecovered } from "../observability/events/store.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import { CutLoop } from "../runtime/cut-loop.ts";
import { DeadlineLoop } from "../runtime/deadline-loop.ts";
import type { EngineHost } from "../runtime/engine-host.ts";
import { EventLoopWatch } from "../runtime/event-loop-watch.ts";
import type { Servers } from "../transport/create-servers.ts";
import type { Closers } from "./closers.ts";

/** Cuts, deadlines and watches. What restoring changed becomes the first cut with the first turn. */
export function startLoops(
  settings: Settings,
  telemetry: Telemetry,
  host: EngineHost,
  clock: SteadyClock,
  { store, loaded }: OpenedStore,
  servers: Servers,
  closers: Closers,
): CutLoop {
  const cuts = new CutLoop(host, {
    store,
    clock,
    // The next number must be above every cut that was ever acknowledged, also above those that were lost.
    lastCut: loaded.nextCut - 1,
    onStoreFailure: settings.onStoreFailure,
    maxUnsavedBytes: settings.maxUnsavedBytes,
    onStateChange: (state, cause) => {
      if (state === "ok") storeRecovered(telemetry);
      else storeFailed(telemetry, state, cause);
      servers.storeStateChanged(state);
    },
    onCut: (cut) => cutWritten(telemetry, cut),
  });
  const deadlines = new DeadlineLoop(host);
  const loopWatch = new EventLoopWatch((seconds) => telemetry.metrics.eventLoopDelaySeconds.observe(seconds));
  closers.push(async () => {
    deadlines.stop();
    loopWatch.stop();
    await cuts.drain();
  });
  return cuts;
}
