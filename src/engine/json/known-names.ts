// Names of members repeat, within a text and from one to the next. None of those that are kept here is forbidden.

const SLOTS = 256;
const MAX_LENGTH = 32;

/** By hash, the last one that was read. */
const names: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined);
/** By the same hash, the number of the text that held it last. */
const heldBy = new Float64Array(SLOTS);
let texts = 0;

/** The names that follow are those of another text. */
export function beginText(): void {
  texts += 1;
}

/** The known name that stands at `start` with its quotation mark behind it; added to `held` when the text did not hold it before. */
export function findKnownName(
  text: string,
  start: number,
  maxLength: number,
  held: string[],
): string | undefined {
  const most = Math.min(text.length, start + Math.min(MAX_LENGTH, maxLength) + 1);
  let hash = 0;
  for (let at = start; at < most; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) {
      const slot = hash & (SLOTS - 1);
      const name = names[slot];
      if (name === undefined || !standsAt(text, name, start, at)) return undefined;
      if (heldBy[slot] !== texts) held.push(name);
      heldBy[slot] = texts;
      return name;
    }
    hash = hashNext(hash, unit);
  }
  return undefined;
}

function standsAt(text: string, name: string, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = 0; at < name.length; at += 1)
    if (name.charCodeAt(at) !== text.charCodeAt(start + at)) return false;
  return true;
}

/** Knows a name that this text holds. */
export function rememberName(name: string): void {
  if (name.length > MAX_LENGTH) return;
  let hash = 0;
  for (let at = 0; at < name.length; at += 1) hash = hashNext(hash, name.charCodeAt(at));
  // The language's own copy of a name, which it finds members by without looking it up again.
  names[hash & (SLOTS - 1)] = Object.keys({ [name]: 0 })[0];
  heldBy[hash & (SLOTS - 1)] = texts;
}

function hashNext(hash: number, unit: number): number {
  return (Math.imul(hash, 31) + unit) | 0;
}
