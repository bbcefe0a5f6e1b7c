// Compares the file with its mark: were cuts acknowledged that the file does not hold?

import type { Hole } from "../../../ports/cut-store.ts";
import type { MarkFound } from "../file/mark-file.ts";

/** What the file says of itself. */
export interface FileCut {
  readonly storeId: string;
  /** 0 before the first cut. */
  readonly number: number;
  readonly wallMs: number | undefined;
}

export function findHole(file: FileCut, found: MarkFound): Hole | undefined {
  const { mark, torn } = found;
  const fromCut = file.number + 1;
  const since = file.wallMs === undefined ? {} : { fromWallMs: file.wallMs };
  if (mark === undefined) {
    if (file.number === 0) return undefined;
    const what = torn ? "the mark file does not prove" : "there is no mark file";
    return {
      fromCut,
      toCut: undefined,
      ...since,
      text: `${what}: how much is missing after cut ${file.number} is unknown`,
    };
  }
  if (mark.storeId !== file.storeId) {
    // A new file beside an old mark that acknowledged nothing: a start was cut short, nothing is missing.
    if (mark.cut === 0 && file.number === 0) return undefined;
    const text = `the file is store ${file.storeId}, its mark names store ${mark.storeId}: one of them is a copy from elsewhere`;
    return { fromCut, toCut: undefined, ...since, text };
  }
  if (mark.cut > file.number) {
    const until = { toWallMs: mark.wallMs };
    const text =
      `cuts ${fromCut} to ${mark.cut} were acknowledged and are not in the file` +
      ` (made ${file.wallMs === undefined ? "before" : `after ${instant(file.wallMs)}, up to`} ${instant(mark.wallMs)})`;
    return { fromCut, toCut: mark.cut, ...since, ...until, text };
  }
  if (torn && mark.cut === file.number && file.number > 0) {
    // The next mark was begun, so its cut was in the file by then (order of words): now it is not.
    const text = `half of the mark file does not prove: whether cuts after ${file.number} are missing is unknown`;
    return { fromCut, toCut: undefined, ...since, text };
  }
  return undefined;
}

function instant(wallMs: number): string {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? `${wallMs}` : date.toISOString();
}
