// Single letters of strings as they are read from escapes and written as UTF-8.

/** By unit the value of a digit, -1 for what is none. */
const DIGITS = new Int8Array(0x100).fill(-1);
for (const letter of "0123456789abcdefABCDEF") DIGITS[letter.charCodeAt(0)] = Number.parseInt(letter, 16);

/** The letter of an escape whose `u` stands at `at`, of two escapes where it takes two units; -1 where it is none. */
export function codeAt(bytes: Uint8Array, at: number): number {
  const first = unitAt(bytes, at + 1);
  if (first < 0xd800 || first > 0xdfff) return first;
  if (first > 0xdbff || bytes[at + 5] !== 0x5c || bytes[at + 6] !== 0x75) return -1;
  const second = unitAt(bytes, at + 7);
  return second < 0xdc00 || second > 0xdfff ? -1 : 0x1_0000 + ((first - 0xd800) << 10) + second - 0xdc00;
}

function unitAt(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let place = at; place < at + 4; place += 1) {
    const digit = DIGITS[bytes[place] ?? 0] as number;
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

/** Writes a letter as UTF-8; where the next one stands. */
export function writeCode(out: Uint8Array, at: number, code: number): number {
  let end = at;
  if (code < 0x80) out[end++] = code;
  else {
    if (code < 0x800) out[end++] = 0xc0 | (code >> 6);
    else {
      if (code < 0x1_0000) out[end++] = 0xe0 | (code >> 12);
      else {
        out[end++] = 0xf0 | (code >> 18);
        out[end++] = 0x80 | ((code >> 12) & 0x3f);
      }
      out[end++] = 0x80 | ((code >> 6) & 0x3f);
    }
    out[end++] = 0x80 | (code & 0x3f);
  }
  return end;
}

/** The same inside a string of JSON, with an escape only where the language writes one. */
export function writeString(out: Uint8Array, at: number, code: number): number {
  if (code >= 0x20 && code !== 0x22 && code !== 0x5c) return writeCode(out, at, code);
  const written = JSON.stringify(String.fromCharCode(code));
  for (let unit = 1; unit < written.length - 1; unit += 1) out[at + unit - 1] = written.charCodeAt(unit);
  return at + written.length - 2;
}
