// Text inside base64, base32 or hexadecimal. What is decoded is text or nothing: images and keys are not.

import { createUnitClass } from "./text-hints.ts";

/** Letters in a row that could be encoded text. */
export const ENCODED_RUN = /[A-Za-z0-9+/_-]{20,}={0,6}/g;
/** The fewest of them, and of what class. */
export const ENCODED_MIN_LENGTH = 20;
export const ENCODED_UNITS = createUnitClass(/[A-Za-z0-9+/_-]/);
/** Longer runs are files. */
const RUN_MAX_LENGTH = 65_536;
// oxlint-disable-next-line no-control-regex -- control characters are what text has not
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** The text that `run` encodes; undefined when it encodes none. */
export function decodeRun(run: string): string | undefined {
  if (run.length > RUN_MAX_LENGTH) return undefined;
  if (/^(?:[0-9A-Fa-f]{2})+$/.test(run)) {
    const bytes = run.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
    const text = decodeBytes(bytes);
    if (text !== undefined) return text;
  }
  if (/^[A-Z2-7]{24,}=*$/.test(run)) {
    const text = decodeBytes(decodeBase32(run));
    if (text !== undefined) return text;
  }
  const letters = run.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  // A path or a name may stand right before the run: then it starts a few characters later.
  for (let skip = 0; skip < 4; skip += 1) {
    if (CONTROL.test(atob(letters.slice(skip, skip + 12)).replace(/[\u0080-\u009f]/g, ""))) continue;
    const whole = letters.slice(skip);
    const text = decodeBytes(atob(whole.length % 4 === 1 ? whole.slice(0, -1) : whole));
    if (text !== undefined) return text;
  }
  return undefined;
}

function decodeBase32(run: string): string {
  let bytes = "";
  let bits = 0;
  let value = 0;
  for (const letter of run) {
    if (letter === "=") break;
    value = ((value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes += String.fromCharCode((value >> bits) & 0xff);
  }
  return bytes;
}

function decodeBytes(binary: string): string | undefined {
  try {
    const text = strictUtf8.decode(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
    return CONTROL.test(text) ? undefined : text;
  } catch {
    // The decoder throws for exactly one reason: the bytes are no UTF-8.
    return undefined;
  }
}
