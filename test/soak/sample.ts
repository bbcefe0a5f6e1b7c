import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { readResidentBytes } from "../bench/measure/process-files.ts";
import type { DaemonProcess } from "../integration/daemon/daemon-process.ts";

export interface Sample {
  /** Since the start. */
  readonly hours: number;
  readonly residentBytes: number;
  readonly walBytes: number;
  readonly descriptors: number;
}

/** How large the daemon is now. */
export function takeSample({ child, directory }: DaemonProcess, hours: number): Sample {
  const pid = child.pid as number;
  return {
    hours,
    residentBytes: readResidentBytes(pid),
    walBytes: statSync(join(directory, "data", "tollgate.db-wal")).size,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
