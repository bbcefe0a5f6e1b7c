// Where the values of a document stand, packed: ten thousand rules have forty thousand places, and as a map of them they would
// take a tenth of a second to come out of the thread that parses.

/** Line and column of a value in its file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Places by path: `execution.max_steps`, `rules[2].action`. */
export interface PlaceTable {
  /** All paths, sorted, one after the other. */
  readonly paths: string;
  /** Where each path begins, and the end of the last. */
  readonly starts: Uint32Array;
  readonly lines: Uint32Array;
  readonly columns: Uint32Array;
}

export function packPlaces(places: ReadonlyMap<string, Place>): PlaceTable {
  const sorted = [...places].toSorted(([one], [other]) => (one < other ? -1 : 1));
  // One buffer for all three: V8 looks after every buffer outside of its heap by itself, and there is a table per tenant.
  const { length } = sorted;
  const numbers = new Uint32Array(3 * length + 1);
  const starts = numbers.subarray(0, length + 1);
  const lines = numbers.subarray(length + 1, 2 * length + 1);
  const columns = numbers.subarray(2 * length + 1);
  for (const [at, [path, place]] of sorted.entries()) {
    starts[at + 1] = (starts[at] as number) + path.length;
    lines[at] = place.line;
    columns[at] = place.column;
  }
  return { paths: sorted.map(([path]) => path).join(""), starts, lines, columns };
}

export const NO_PLACES: PlaceTable = Object.freeze(packPlaces(new Map()));

/** Undefined for a path that the document does not write. */
export function findPlace({ paths, starts, lines, columns }: PlaceTable, path: string): Place | undefined {
  let low = 0;
  let high = lines.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = paths.slice(starts[middle], starts[middle + 1]);
    if (found === path) return { line: lines[middle] as number, column: columns[middle] as number };
    if (found < path) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
