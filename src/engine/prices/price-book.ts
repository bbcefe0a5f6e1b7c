import type { TokenUsage } from "../../domain/usage.ts";
import { finish, type Steps } from "../steps.ts";

// Prices as integers: nano-USD per million units, compiled when a price book is loaded. One rounding per report, half to
// even (docs/limits.md, "Prices").

export const TOKEN_KINDS = [
  "input",
  "output",
  "cache_read",
  "cache_write",
  "cache_write_long",
  "reasoning",
  "audio_in",
  "audio_out",
] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** Prices of one model, nano-USD per million tokens; absent kinds cost what their whole costs. */
export interface ModelPrices {
  readonly tokens: { readonly [K in TokenKind]?: bigint };
  /** Nano-USD per request. */
  readonly request: bigint;
}

export interface PriceBook {
  /** By provider, then by model; a model that one provider alone has is also found under no provider. */
  readonly models: ReadonlyMap<string, ReadonlyMap<string, ModelPrices>>;
  /** By provider: the dearest of each kind, what an unknown model of it is charged. */
  readonly dearest: ReadonlyMap<string, ModelPrices>;
  readonly dearestOfAll: ModelPrices;
  /** Nano-USD per unit of a named charge: a search, a page, a minute of a tool. */
  readonly charges: ReadonlyMap<string, bigint>;
}

interface PriceEntry {
  readonly provider: string;
  readonly model: string;
  readonly prices: ModelPrices;
}

export function createPriceBook(entries: readonly PriceEntry[], charges?: PriceBook["charges"]): PriceBook {
  return finish(createPriceBookInSteps(entries, charges));
}

export function* createPriceBookInSteps(
  entries: readonly PriceEntry[],
  charges: PriceBook["charges"] = new Map(),
): Steps<PriceBook> {
  const models = new Map<string, Map<string, ModelPrices>>();
  const add = (provider: string, model: string, prices: ModelPrices): void => {
    models.set(provider, (models.get(provider) ?? new Map<string, ModelPrices>()).set(model, prices));
  };
  const providersOf = new Map<string, number>();
  const onlyOne = new Map<string, ModelPrices>();
  const dearest = new Map<string, ModelPrices>();
  let dearestOfAll: ModelPrices = { tokens: { input: 0n, output: 0n }, request: 0n };
  for (const { provider, model, prices } of entries) {
    add(provider, model, prices);
    providersOf.set(model, (providersOf.get(model) ?? 0) + 1);
    onlyOne.set(model, prices);
    dearest.set(provider, dearer(dearest.get(provider), prices));
    dearestOfAll = dearer(dearestOfAll, prices);
    yield;
  }
  for (const [model, prices] of onlyOne) {
    if (providersOf.get(model) === 1) add("", model, prices);
    yield;
  }
  return { models, dearest, dearestOfAll, charges };
}

/** The price of a model; without a provider the only provider that has the model. */
export function findPrices(
  book: PriceBook,
  provider: string | undefined,
  model: string | undefined,
): ModelPrices | undefined {
  if (model === undefined) return undefined;
  return book.models.get(provider ?? "")?.get(model);
}

function dearer(left: ModelPrices | undefined, right: ModelPrices): ModelPrices {
  if (left === undefined) return right;
  const tokens: { [K in TokenKind]?: bigint } = {};
  for (const kind of TOKEN_KINDS) {
    if (left.tokens[kind] === undefined && right.tokens[kind] === undefined) continue;
    const value = larger(priceOf(left, kind), priceOf(right, kind));
    if (value !== undefined) tokens[kind] = value;
  }
  return { tokens, request: left.request > right.request ? left.request : right.request };
}

/** A kind without a price of its own costs what its whole costs. */
function priceOf(prices: ModelPrices, kind: TokenKind): bigint | undefined {
  const isOutput = kind === "output" || kind === "reasoning" || kind === "audio_out";
  return prices.tokens[kind] ?? prices.tokens[isOutput ? "output" : "input"];
}

function larger(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined) return right;
  return right === undefined || left > right ? left : right;
}

const MILLION = 1_000_000n;

/**
 * The cost of one report in nano-USD, rounded half to even once.
 *
 * Parts are taken out of their whole and charged at their own price, where the book has one:
 * cache_read, cache_write, cache_write_long and audio_in out of input; reasoning and audio_out out of output.
 */
export function costOf(prices: ModelPrices, tokens: TokenUsage | undefined, requests: bigint): bigint {
  const fixed = prices.request * requests;
  if (tokens === undefined) return fixed;
  const price = prices.tokens;
  const input = price.input ?? 0n;
  const output = price.output ?? 0n;
  let total = (tokens.input ?? 0n) * input + (tokens.output ?? 0n) * output;
  // A part's own price replaces the price of its whole: only the difference is added.
  if (tokens.cacheRead !== undefined && price.cache_read !== undefined)
    total += tokens.cacheRead * (price.cache_read - input);
  if (tokens.cacheWrite !== undefined && price.cache_write !== undefined)
    total += tokens.cacheWrite * (price.cache_write - input);
  if (tokens.cacheWriteLong !== undefined && price.cache_write_long !== undefined)
    total += tokens.cacheWriteLong * (price.cache_write_long - input);
  if (tokens.audioIn !== undefined && price.audio_in !== undefined)
    total += tokens.audioIn * (price.audio_in - input);
  if (tokens.reasoning !== undefined && price.reasoning !== undefined)
    total += tokens.reasoning * (price.reasoning - output);
  if (tokens.audioOut !== undefined && price.audio_out !== undefined)
    total += tokens.audioOut * (price.audio_out - output);
  return divideHalfEven(total, MILLION) + fixed;
}

/** Quotient of two non-negative integers, halves to the even neighbour. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator - quotient * denominator) * 2n;
  if (twice < denominator) return quotient;
  return twice > denominator || (quotient & 1n) === 1n ? quotient + 1n : quotient;
}
