import { openSystemClock } from "./adapters/system/system-clock.ts";
import { keepObjectsYoung } from "./adapters/system/young-objects.ts";
import type { Settings } from "./config/settings.ts";
import type { Closers } from "./daemon/closers.ts";
import type { DoorAddresses } from "./daemon/open-doors.ts";
import { beginFiles } from "./daemon/open-files.ts";
import type { Logger } from "./observability/logger.ts";

// The only place where the parts meet, with its steps in daemon/: settings, files, probe, engine, loops, doors, in this
// order, and back in the other. What is imported here is little: everything else is loaded while the files are opened.

export interface DaemonOptions {
  /** Names of settings that are not at their default and where they come from, for the start-up line. */
  readonly changedSettings?: readonly string[];
  /** Reads metrics through the OpenTelemetry API: an SDK must be loaded beside the daemon. */
  readonly isOpenTelemetryConfigured?: boolean;
  /** Default: JSON lines on the error output. */
  readonly logger?: Logger;
}

export interface Daemon {
  readonly storeId: string;
  /** What clients dial, by door; a door that is closed is absent. */
  readonly addresses: DoorAddresses;
  /** Lets streams end within the drain timeout, writes the last cut, closes the file. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts everything; resolves when it serves. Nothing is held when it rejects.
 * @throws StartFailure; SettingsError for policy documents, with all of their problems
 */
export async function startDaemon(settings: Settings, options: DaemonOptions = {}): Promise<Daemon> {
  const startedMs = performance.now();
  const closers: Closers = [];
  keepObjectsYoung();
  const clock = openSystemClock();
  const files = beginFiles(settings, clock, closers);
  const { serveDaemon } = await import("./daemon/serve-daemon.ts");
  return await serveDaemon({ settings, options, clock, files, closers, startedMs });
}
