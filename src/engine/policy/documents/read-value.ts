import { BYTES_PER_MIB, formatUsd, MAX_COUNTER, parseUsd } from "../../../domain/amounts.ts";
import { isId } from "../../../domain/ids.ts";
import type { AnyShape, TextShape } from "../../../domain/policy/shape.ts";
import { ALL_OF } from "../cover.ts";

// From what a document says to the value of a key, and back. Every refusal says what is allowed.

export type ReadValue =
  | { readonly ok: true; readonly value: unknown }
  /** `at`: the entry of a list that is wrong. */
  | { readonly ok: false; readonly must: string; readonly at?: number };

/** The word for a bound that does not bound. */
export const UNLIMITED = "unlimited";

export function readValue(shape: AnyShape, raw: unknown): ReadValue {
  switch (shape.kind) {
    case "count":
      return readNumber(raw, shape.min, shape.max, Number.isSafeInteger(raw), "a whole number");
    case "number":
      return readNumber(raw, shape.min, shape.max, Number.isFinite(raw), "a number");
    case "amount":
      return readAmount(raw, 1n);
    case "mebibytes":
      return readAmount(raw, BYTES_PER_MIB);
    case "usd":
      return readUsd(raw);
    case "duration":
      return readDuration(raw, shape.minMs, shape.maxMs);
    case "flag":
      return typeof raw === "boolean" ? found(raw) : refused("true or false");
    case "word":
      return shape.words.includes(raw as string) ? found(raw) : refused(formatWords(shape.words));
    case "text":
      return readText(shape, raw);
    case "list":
      return readList(shape.items, shape.maxItems, raw);
    case "free_map":
      return readFreeMap(raw, shape.maxBytes);
  }
}

function found(value: unknown): ReadValue {
  return { ok: true, value };
}

function refused(must: string): ReadValue {
  return { ok: false, must: `must be ${must}` };
}

function formatWords(words: readonly string[]): string {
  return words.length === 1 ? `${words[0]}` : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function readNumber(raw: unknown, min: number, max: number, fits: boolean, what: string): ReadValue {
  if (fits && (raw as number) >= min && (raw as number) <= max) return found((raw as number) + 0);
  if (max >= Number.MAX_SAFE_INTEGER) return refused(min === 0 ? `${what} of at least 0` : what);
  return refused(`${what} from ${min} to ${max}`);
}

function readAmount(raw: unknown, scale: bigint): ReadValue {
  const value = Number.isSafeInteger(raw) ? BigInt(raw as number) * scale : -1n;
  return value >= 0n && value <= MAX_COUNTER ? found(value) : refused("a whole number of at least 0");
}

function readUsd(raw: unknown): ReadValue {
  if (typeof raw === "number" || typeof raw === "string") {
    try {
      return found(parseUsd(String(raw)));
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
    }
  }
  return refused("an amount in USD of at least 0 with at most 9 decimals, as 2.50");
}

const MS_PER: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function readDuration(raw: unknown, minMs: number, maxMs: number): ReadValue {
  const match = typeof raw === "string" ? /^(\d{1,11})\s*(ms|s|min|h|d)$/.exec(raw) : null;
  const value = match === null ? -1 : Number(match[1]) * (MS_PER[match[2] as string] as number);
  if (value >= minMs && value <= maxMs) return found(value);
  return refused(
    `a time from ${formatDuration(minMs)} to ${formatDuration(maxMs)}, as 10 s (units: ms, s, min, h, d)`,
  );
}

function formatDuration(ms: number): string {
  for (const unit of ["d", "h", "min", "s"]) {
    const size = MS_PER[unit] as number;
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  }
  return `${ms} ms`;
}

/** Printable characters: control characters in names and hosts are never meant. */
const CONTROL = /\p{Cc}/u;

function readText(shape: TextShape, raw: unknown): ReadValue {
  const isPlain = shape.format === "plain";
  const must = `text of ${isPlain ? 0 : 1} to ${shape.maxLength} characters`;
  if (typeof raw !== "string" || raw.length > shape.maxLength) return refused(must);
  if (isPlain || shape.format === "cel" || shape.format === "re2")
    return isPlain || raw !== "" ? found(raw) : refused(must);
  if (raw === "" || CONTROL.test(raw)) return refused(`${must} without control characters`);
  if (shape.format === "id" && !isId(raw)) return refused("text of 1 to 128 visible ASCII characters");
  if ((shape.format === "glob" || shape.format === "domain") && raw.includes(ALL_OF))
    return refused(`a pattern without "${ALL_OF}"`);
  return found(shape.format === "domain" ? raw.toLowerCase() : raw);
}

function readList(items: AnyShape, maxItems: number, raw: unknown): ReadValue {
  if (!Array.isArray(raw)) return refused("a list");
  if (raw.length > maxItems) return refused(`a list of at most ${maxItems} entries`);
  const values: unknown[] = [];
  for (const [place, item] of raw.entries()) {
    const read = readValue(items, item);
    if (!read.ok) return { ...read, at: place };
    values.push(read.value);
  }
  return found(values);
}

function readFreeMap(raw: unknown, maxBytes: number): ReadValue {
  if (!isMapping(raw)) return refused("a mapping");
  const bytes = new TextEncoder().encode(JSON.stringify(raw)).length;
  return bytes <= maxBytes ? found(raw) : refused(`a mapping of at most ${maxBytes} bytes as JSON`);
}

export function isMapping(raw: unknown): raw is { readonly [key: string]: unknown } {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** Characters of a value that a refusal shows. */
const SHOWN = 80;

/** A value as a refusal names it. */
export function showValue(raw: unknown): string {
  if (raw === undefined) return "nothing";
  const text = JSON.stringify(raw, (_key, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

/** A value as JSON in the unit of its key; `null` is `unlimited`. */
export function valueToJson(shape: AnyShape, value: unknown): string {
  if (value === null) return JSON.stringify(UNLIMITED);
  switch (shape.kind) {
    case "amount":
      return (value as bigint).toString();
    case "mebibytes":
      return formatMebibytes(value as bigint);
    case "usd":
      return formatUsd(value as bigint);
    case "duration":
      return JSON.stringify(formatDuration(value as number));
    case "list":
      return `[${(value as readonly unknown[]).map((item) => valueToJson(shape.items, item)).join(",")}]`;
    case "count":
    case "number":
    case "flag":
    case "word":
    case "text":
    case "free_map":
      return JSON.stringify(value);
  }
}

/** Whole MiB as documents write them; a registration may ask for any number of bytes. */
function formatMebibytes(bytes: bigint): string {
  return bytes % BYTES_PER_MIB === 0n
    ? String(bytes / BYTES_PER_MIB)
    : String(Number(bytes) / Number(BYTES_PER_MIB));
}
