// Names of members repeat, within a text and from one to the next: those that were read are kept as texts. None of them is forbidden.
import { FORBIDDEN_NAMES } from "./json-document.ts";

const SLOTS = 256;
const MAX_LENGTH = 32;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** By hash, the last one that was read; its bytes, and how many. */
const names: string[] = Array.from({ length: SLOTS }, () => "");
const known = new Uint8Array(SLOTS * MAX_LENGTH);
const lengths = new Uint8Array(SLOTS);
/** By the same hash, the number of the text that held it last. */
const heldBy = new Float64Array(SLOTS);
let texts = 0;

/** The names that follow are those of another text. */
export function beginText(): void {
  texts += 1;
}

/**
 * Adds the name from `start` to before `end` to `held` when the text did not hold it before. `hash`: of its bytes.
 * False: it is forbidden.
 */
export function findName(
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
  held: string[],
): boolean {
  const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
  if (standsAt(bytes, slot, start, end)) {
    if (heldBy[slot] !== texts) held.push(names[slot] as string);
    heldBy[slot] = texts;
    return true;
  }
  const part = bytes.subarray(start, end);
  const name = utf8.decode(part);
  if (FORBIDDEN_NAMES.has(name)) return false;
  held.push(name);
  if (part.length > MAX_LENGTH) return true;
  names[slot] = name;
  known.set(part, slot * MAX_LENGTH);
  lengths[slot] = part.length;
  heldBy[slot] = texts;
  return true;
}

function standsAt(bytes: Uint8Array, slot: number, start: number, end: number): boolean {
  if (lengths[slot] !== end - start) return false;
  const first = slot * MAX_LENGTH - start;
  for (let at = start; at < end; at += 1) if (known[first + at] !== bytes[at]) return false;
  return true;
}
