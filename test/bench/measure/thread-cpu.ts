/**
 * CPU of this thread since its start, ms; in microseconds as exact, at a cost of one. Others on the machine do not count.
 * The kernel tells a thread's share of it as of the last tick, 4 ms ago at most, unless the process's was asked for just before.
 */
export function readThreadCpuMs(): number {
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
