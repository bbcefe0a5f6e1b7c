/** Line breaks before and behind the units of a text, so that their neighbours can be looked at. */
export const BEFORE = 4;
const BEHIND = 4;
/** What stands for any unit beyond ASCII. */
export const BEYOND = 0x80;
/** Longer texts get room of their own. */
const KEPT_LENGTH = 65_536;

const encoder = new TextEncoder();
const kept = new Uint8Array(BEFORE + KEPT_LENGTH + BEHIND);

/** The units of a text side by side, from BEFORE on: to be read many times. They hold until the next call. */
export function unitsOf(text: string): Uint8Array {
  const size = text.length;
  const units = size > KEPT_LENGTH ? new Uint8Array(BEFORE + size + BEHIND) : kept;
  units.fill(0x0a, 0, BEFORE);
  const { read, written } = encoder.encodeInto(text, units.subarray(BEFORE));
  if (read !== size || written !== size)
    for (let at = 0; at < size; at += 1) units[BEFORE + at] = Math.min(text.charCodeAt(at), BEYOND);
  units.fill(0x0a, BEFORE + size, BEFORE + size + BEHIND);
  return units;
}
