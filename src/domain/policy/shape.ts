// What a policy key may hold: its form as data, so that one description serves the parser, the JSON Schemas and the docs.
// How two values of a key meet is another question: field.ts.

/** Phantom: the type of the value that a shape stands for. */
declare const valueType: unique symbol;

interface Typed<T> {
  readonly [valueType]?: T;
}

/** A whole number, held as a number. */
export interface CountShape extends Typed<number> {
  readonly kind: "count";
  readonly min: number;
  readonly max: number;
}
/** A whole number from 0 to `MAX_COUNTER`, held as a bigint; `mebibytes` is written in MiB and held in bytes. */
export interface AmountShape extends Typed<bigint> {
  readonly kind: "amount" | "mebibytes";
}
/** Any finite number from `min` to `max`. */
export interface NumberShape extends Typed<number> {
  readonly kind: "number";
  readonly min: number;
  readonly max: number;
}
/** Money in USD with at most 9 decimals, held in nano-USD. */
export interface UsdShape extends Typed<bigint> {
  readonly kind: "usd";
}
/** A time as `10 s`, `1 h`, held in milliseconds. */
export interface DurationShape extends Typed<number> {
  readonly kind: "duration";
  readonly minMs: number;
  readonly maxMs: number;
}
export interface FlagShape extends Typed<boolean> {
  readonly kind: "flag";
}
/** One of some words; for keys with an order the strictest stands first. */
export interface WordShape<W extends string = string> extends Typed<W> {
  readonly kind: "word";
  readonly words: readonly W[];
}
/** Text of a language of its own is checked further where it is compiled. */
export type TextFormat =
  | "plain"
  | "id"
  | "glob"
  | "domain"
  | "address"
  | "cidr"
  | "cel"
  | "re2"
  | "principal"
  | "time_of_day"
  | "time_zone"
  | "url";
export interface TextShape extends Typed<string> {
  readonly kind: "text";
  readonly format: TextFormat;
  readonly maxLength: number;
}
export interface ListShape<T = unknown> extends Typed<readonly T[]> {
  readonly kind: "list";
  readonly items: Shape<T>;
  readonly maxItems: number;
}
/** A map with free content, kept as it is. */
export interface FreeMapShape extends Typed<{ readonly [name: string]: unknown }> {
  readonly kind: "free_map";
  readonly maxBytes: number;
}

export type AnyShape =
  | CountShape
  | AmountShape
  | NumberShape
  | UsdShape
  | DurationShape
  | FlagShape
  | WordShape
  | TextShape
  | ListShape
  | FreeMapShape;
export type Shape<T> = AnyShape & Typed<T>;

/** Entries of a list: what one document of 256 KiB can hold in sensible names. */
export const MAX_LIST_ITEMS = 1_000;
/** Characters of a name, a pattern of names or a host. */
const MAX_NAME_LENGTH = 256;
/** Characters of a pattern or an expression: longer ones cannot be reviewed. */
const MAX_EXPRESSION_LENGTH = 4_096;
/** Longest time of a policy key: 400 days, as long as daily roll-ups are kept. */
const MAX_DURATION_MS = 34_560_000_000;

export const AMOUNT: AmountShape = { kind: "amount" };
export const MEBIBYTES: AmountShape = { kind: "mebibytes" };
export const USD: UsdShape = { kind: "usd" };
export const FLAG: FlagShape = { kind: "flag" };
export const GLOB: TextShape = { kind: "text", format: "glob", maxLength: MAX_NAME_LENGTH };
export const ID: TextShape = { kind: "text", format: "id", maxLength: 128 };
export const DOMAIN: TextShape = { kind: "text", format: "domain", maxLength: MAX_NAME_LENGTH };
export const ADDRESS: TextShape = { kind: "text", format: "address", maxLength: MAX_NAME_LENGTH };
export const CIDR: TextShape = { kind: "text", format: "cidr", maxLength: MAX_NAME_LENGTH };
export const CEL: TextShape = { kind: "text", format: "cel", maxLength: MAX_EXPRESSION_LENGTH };
export const RE2: TextShape = { kind: "text", format: "re2", maxLength: MAX_EXPRESSION_LENGTH };
export const PRINCIPAL: TextShape = { kind: "text", format: "principal", maxLength: MAX_NAME_LENGTH };
export const TIME_OF_DAY: TextShape = { kind: "text", format: "time_of_day", maxLength: 5 };
export const TIME_ZONE: TextShape = { kind: "text", format: "time_zone", maxLength: 64 };
export const URL_TEXT: TextShape = { kind: "text", format: "url", maxLength: 2_048 };

export function count(min = 0, max: number = Number.MAX_SAFE_INTEGER): CountShape {
  return { kind: "count", min, max };
}

export function numberBetween(min: number, max: number): NumberShape {
  return { kind: "number", min, max };
}

export function duration(minMs = 0, maxMs: number = MAX_DURATION_MS): DurationShape {
  return { kind: "duration", minMs, maxMs };
}

export function text(maxLength: number): TextShape {
  return { kind: "text", format: "plain", maxLength };
}

export function words<const W extends string>(...known: readonly W[]): WordShape<W> {
  return { kind: "word", words: known };
}

export function listOf<T>(items: Shape<T>, maxItems: number = MAX_LIST_ITEMS): ListShape<T> {
  return { kind: "list", items, maxItems };
}

export function freeMap(maxBytes: number): FreeMapShape {
  return { kind: "free_map", maxBytes };
}
