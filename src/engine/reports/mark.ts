// What the server remembers of a reporter: every sequence up to `floor` is applied, and the ranges above it. Sequences
// are contiguous from 1 and below 2^53.

/** How far above the floor sequences may run. */
export const MAX_SEQUENCES_AHEAD = 4_096;

export interface AppliedRange {
  readonly from: number;
  readonly to: number;
  /** 64-bit hash of the content of the message that brought it, as 16 hexadecimal characters. */
  readonly hash: string;
}

/** The range was closed otherwise, or in pieces: nothing to compare. Also what such a range has after a restart. */
export const NO_CONTENT_HASH = "0000000000000000";

/** Whether the contents of a range can be compared. */
export function isContentHash(hash: string): boolean {
  return hash !== NO_CONTENT_HASH;
}

export interface Mark {
  floor: number;
  /** Applied ranges above the floor, ascending, disjoint; neighbours of other content stay apart. */
  ranges: AppliedRange[];
}

export function isApplied(mark: Mark, sequence: number): boolean {
  if (sequence <= mark.floor) return true;
  for (const range of mark.ranges) {
    if (sequence < range.from) return false;
    if (sequence <= range.to) return true;
  }
  return false;
}

/** The range with exactly these bounds, to compare contents. */
export function findRange(mark: Mark, from: number, to: number): AppliedRange | undefined {
  return mark.ranges.find((range) => range.from === from && range.to === to);
}

/** Marks a range as applied; the parts of it that were applied already stay as they were. */
export function applyRange(mark: Mark, from: number, to: number, hash: string): void {
  if (mark.ranges.length === 0 && from <= mark.floor + 1) {
    if (to > mark.floor) mark.floor = to;
    return;
  }
  let start = Math.max(from, mark.floor + 1);
  const added: AppliedRange[] = [];
  for (const range of mark.ranges) {
    if (range.to < start) continue;
    if (range.from > to) break;
    if (start < range.from) added.push({ from: start, to: range.from - 1, hash });
    start = range.to + 1;
  }
  if (start <= to) added.push({ from: start, to, hash });
  mark.ranges = [...mark.ranges, ...added].toSorted((a, b) => a.from - b.from);
  let joined = 0;
  for (const range of mark.ranges) {
    if (range.from !== mark.floor + 1) break;
    mark.floor = range.to;
    joined++;
  }
  if (joined > 0) mark.ranges = mark.ranges.slice(joined);
}
