// The daemon with the fixture's limits: its own steps of src/daemon, in their order, because policy documents of this
// version set no limits. node daemon-process.ts DIRECTORY EXECUTIONS file|memory

import { SteadyClock } from "../../../src/adapters/system/steady-clock.ts";
import { openSystemClock } from "../../../src/adapters/system/system-clock.ts";
import { systemDigest } from "../../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../../src/adapters/system/system-ids.ts";
import { keepObjectsYoung } from "../../../src/adapters/system/young-objects.ts";
import { createSettings } from "../../../src/config/read-settings.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { SETTINGS } from "../../../src/config/settings.ts";
import { type Closers, closeAll } from "../../../src/daemon/closers.ts";
import { openDoors } from "../../../src/daemon/open-doors.ts";
import { beginFiles } from "../../../src/daemon/open-files.ts";
import { startLoops } from "../../../src/daemon/start-loops.ts";
import { createWorld } from "../../../src/engine/create-world.ts";
import { WorldRestorer } from "../../../src/engine/rows/restore.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { registerDoorMetrics } from "../../../src/observability/metrics/door-metrics.ts";
import { createTelemetry } from "../../../src/observability/telemetry.ts";
import { ClockWatch } from "../../../src/runtime/clock-watch.ts";
import { DeadlineLoop } from "../../../src/runtime/deadline-loop.ts";
import { EngineHost } from "../../../src/runtime/engine-host.ts";
import { recordEffect } from "../../../src/runtime/record-effects.ts";
import { answerSamples } from "./control.ts";
import { fixturePolicy, registerFixture } from "./fixture.ts";

const [directory = "", executions = "0", persistence = "file"] = process.argv.slice(2);

keepObjectsYoung();
const settings: Settings = createSettings({
  data: `${directory}/data`,
  policy: `${directory}/policy`,
  address: SETTINGS.address.parse(`unix:${directory}/agent.sock`),
  adminAddress: SETTINGS.adminAddress.parse(`unix:${directory}/admin.sock`),
  probe: undefined,
  maxLiveExecutions: 200_000,
  fileMaxBytes: SETTINGS.fileMaxBytes.parse("2 GiB"),
});
const telemetry = createTelemetry(createLogger("warn"));
const closers: Closers = [];
const systemClock = openSystemClock();
const clock = new SteadyClock(systemClock, () => undefined);
const files = beginFiles(settings, systemClock, closers);
const opened = await files.store;
const world = createWorld({
  ids: createSystemIds(),
  digest: systemDigest,
  policy: fixturePolicy(),
  maxLiveExecutions: settings.maxLiveExecutions,
});
const restorer = new WorldRestorer(world, opened.loaded, clock.bootId, clock.now());
files.rows.passTo({ begin: () => undefined, take: (chunk) => restorer.take(chunk) });
restorer.finish(opened.loaded);
registerFixture(world, Number(executions), clock.now());
const host = new EngineHost(world, clock);
host.onEffect((effect) => recordEffect(telemetry, effect));
const watch = new ClockWatch();
watch.start(host);
closers.push(() => watch.stop());
const servers = openDoors(settings, telemetry, host, opened, {});
if (persistence === "file") {
  const cuts = startLoops(settings, telemetry, host, clock, opened, servers, closers);
  host.turn(() => undefined);
  // Measuring begins when the fixture is in the file.
  while (host.world.generations.dirty || cuts.inFlight)
    await new Promise((resolve) => setTimeout(resolve, 20));
} else {
  // Nobody cuts: changes stay in memory and every answer is ACCEPTED.
  const deadlines = new DeadlineLoop(host);
  closers.push(() => deadlines.stop());
}
closers.push(() => servers.stop(0));
await servers.start();
registerDoorMetrics(telemetry.metrics.registry, servers.counters);
answerSamples(() => closeAll(closers));
