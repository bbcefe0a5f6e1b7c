import type { Sample } from "./sample.ts";

const MIB = 1_048_576;
/** Growth of memory that a day of load can bear, bytes per hour. */
const SLOPE_MAX = MIB;
/** Bytes of SQLite's log, where a truncating checkpoint is due. */
const WAL_MAX_BYTES = 64 * MIB;
/** Descriptors may differ by those of a query of history that is under way. */
const DESCRIPTORS_MAX = 4;
/** Shorter runs show the heap breathing, not growing: their slope is printed and not judged, hours. */
const JUDGED_FROM_HOURS = 0.5;

export interface Verdict {
  readonly text: string;
  readonly holds: boolean;
}

/**
 * What the samples of a run say: of all its log and its descriptors, however short it was; its slope behind `warmUpHours`, when
 * it was long enough.
 */
export function judge(samples: readonly Sample[], warmUpHours = 0): readonly Verdict[] {
  if (samples.length === 0) return [{ text: "nobody looked: the run was too short", holds: false }];
  const warm = samples.filter(({ hours }) => hours > warmUpHours);
  const slope = slopeOf(warm.map(({ hours, residentBytes }) => [hours, residentBytes]));
  const isLong = (warm.at(-1)?.hours ?? 0) - (warm[0]?.hours ?? 0) >= JUDGED_FROM_HOURS;
  const wal = Math.max(...samples.map(({ walBytes }) => walBytes));
  const descriptors = samples.map((one) => one.descriptors);
  const spread = Math.max(...descriptors) - Math.min(...descriptors);
  return [
    {
      text: `resident memory grows by ${(slope / MIB).toFixed(2)} MiB an hour (at most 1${isLong ? "" : "; too short a run to judge"})`,
      holds: !isLong || slope < SLOPE_MAX,
    },
    { text: `the log has at most ${(wal / MIB).toFixed(1)} MiB (at most 64)`, holds: wal <= WAL_MAX_BYTES },
    {
      text: `descriptors differ by ${spread} (at most ${DESCRIPTORS_MAX})`,
      holds: spread <= DESCRIPTORS_MAX,
    },
  ];
}

/** By the median of the slopes between all pairs of points: one outlier moves nothing. 0 with fewer than two points. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes: number[] = [];
  for (const [place, [x, y]] of points.entries())
    for (const [otherX, otherY] of points.slice(place + 1))
      if (otherX > x) slopes.push((otherY - y) / (otherX - x));
  slopes.sort((one, other) => one - other);
  return slopes[slopes.length >> 1] ?? 0;
}
