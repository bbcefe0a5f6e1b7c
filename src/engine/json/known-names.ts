// Names of members repeat, within a text and from one to the next: those that were read are kept as texts. None of them is forbidden.
import { FORBIDDEN_NAMES } from "./json-document.ts";

const SLOTS = 256;
const MAX_LENGTH = 32;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** By hash, the last one of ASCII that was read. */
const names: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
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
  const known = names[slot];
  if (known !== undefined && standsAt(bytes, known, start, end)) {
    if (heldBy[slot] !== texts) held.push(known);
    heldBy[slot] = texts;
    return true;
  }
  const name = utf8.decode(bytes.subarray(start, end));
  if (FORBIDDEN_NAMES.has(name)) return false;
  held.push(name);
  if (name.length > MAX_LENGTH || name.length < end - start) return true;
  names[slot] = name;
  heldBy[slot] = texts;
  return true;
}

function standsAt(bytes: Uint8Array, name: string, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1) if (name.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
