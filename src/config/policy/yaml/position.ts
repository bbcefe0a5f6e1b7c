import { formatPolicyPath, type PathLines } from "../../../domain/policy/document.ts";

/** Where every path of a document stands in its file: lines and columns, both from 1. */
export interface Places {
  readonly lines: PathLines;
  readonly columns: PathLines;
}

export interface Placed {
  readonly file: string;
  readonly places: Places;
}

/** `FILE:LINE:COLUMN` of a value, or of the nearest thing around it that is there. */
export function positionOf({ file, places }: Placed, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const formatted = formatPolicyPath(path.slice(0, length) as (string | number)[]);
    const line = places.lines[formatted];
    if (line !== undefined) return `${file}:${line}:${places.columns[formatted]}`;
  }
  return `${file}:1:1`;
}
