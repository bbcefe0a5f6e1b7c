import { readdirSync, readFileSync } from "node:fs";

// What Linux says about a process.

/** Bytes it caused to be written to disks: log, database and mark together. */
export function readWrittenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))?.[1] ?? 0);
}

export function readResidentBytes(pid: number): number {
  return 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
}

/** CPU of the busiest threads beside the main one, ms by thread. */
export function readThreadMs(
  pid: number,
): ReadonlyMap<string, { readonly name: string; readonly ms: number }> {
  const threads = new Map<string, { name: string; ms: number }>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    if (id === String(pid)) continue;
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Clock ticks of a hundredth of a second: user and system time.
    const ms = 10 * (Number(fields[11]) + Number(fields[12]));
    threads.set(id, { name: stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")")), ms });
  }
  return threads;
}
