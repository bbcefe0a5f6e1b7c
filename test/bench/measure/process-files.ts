import { readdirSync, readFileSync } from "node:fs";

// What Linux says about a process, and about the machine.

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

interface ProcessorTicks {
  /** What programs ran, and what the host gave to other guests while they wanted to. */
  readonly wanted: number;
  readonly stolen: number;
}

export function readProcessorTicks(): ProcessorTicks {
  const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0] ?? "";
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { wanted: user + nice + system + irq + softIrq + stolen, stolen };
}
