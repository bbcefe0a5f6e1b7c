import { formatPolicyPath } from "../../../domain/policy/document.ts";
import { findPlace, type PlaceTable } from "../../../domain/policy/place-table.ts";
import type { TierDocument } from "../documents.ts";

export interface Placed {
  readonly file: string;
  readonly places: PlaceTable;
}

/** `FILE:LINE:COLUMN` of a value, or of the nearest thing around it that is there. */
export function positionOf({ file, places }: Placed, path: readonly PropertyKey[]): string {
  for (let length = path.length; length >= 0; length--) {
    const formatted = formatPolicyPath(path.slice(0, length) as (string | number)[]);
    const place = findPlace(places, formatted);
    if (place !== undefined) return `${file}:${place.line}:${place.column}`;
  }
  return `${file}:1:1`;
}

/** The same of a document of a tier. */
export function placeOf({ file, document }: TierDocument, path: readonly PropertyKey[]): string {
  return positionOf({ file, places: document.places }, path);
}
