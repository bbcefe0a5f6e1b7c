import type { Finding } from "../../domain/decision.ts";
import type { Intent } from "../../domain/intent.ts";
import type { UsageRules } from "../../domain/limits.ts";
import type { ExtraCost, TokenUsage } from "../../domain/usage.ts";
import { createMemo } from "../memos/memo.ts";
import type { World } from "../world.ts";
import { costOf, findPrices, type ModelPrices } from "./price-book.ts";

// What usage costs: from the price book, as told, or the larger (docs/limits.md, "Prices"). Never a silent zero.

export interface PriceSource {
  /** Prices of the model, or the fallback; undefined = none is known. */
  readonly prices: ModelPrices | undefined;
  /** The book does not know the model: the fallback, or tokens only. */
  readonly unknown: boolean;
}

/** Looks prices up once per group of reports. */
export function priceSource(
  world: World,
  rules: UsageRules,
  provider: string | undefined,
  model: string | undefined,
): PriceSource {
  const book = world.policy.prices;
  if (book === undefined) return NO_BOOK;
  const known = findPrices(book, provider, model);
  if (known !== undefined) return knownSource(known);
  const mode = rules.unknownPrice ?? "fallback";
  if (mode !== "fallback") return NO_BOOK;
  return {
    prices: (provider === undefined ? undefined : book.dearest.get(provider)) ?? book.dearestOfAll,
    unknown: true,
  };
}

const NO_BOOK: PriceSource = { prices: undefined, unknown: true };

const sources = createMemo<ModelPrices, PriceSource>();

function knownSource(prices: ModelPrices): PriceSource {
  const known = sources.get(prices);
  if (known !== undefined) return known;
  const made: PriceSource = { prices, unknown: false };
  sources.set(prices, made);
  return made;
}

export interface Priced {
  readonly nanoUsd: bigint;
  /** Tokens were used and neither a price nor a cost is known. */
  readonly unpriced: boolean;
  /** The reported cost differs from the computed one. */
  readonly mismatch: boolean;
}

const FREE: Priced = { nanoUsd: 0n, unpriced: false, mismatch: false };

export function priceUsage(
  world: World,
  rules: UsageRules,
  source: PriceSource,
  tokens: TokenUsage | undefined,
  requests: bigint,
  reported: bigint | undefined,
  extraCosts: readonly ExtraCost[],
): Priced {
  const extra = extraCosts.length === 0 ? 0n : sumExtra(world, extraCosts);
  if (tokens === undefined && requests === 0n)
    return reported === undefined && extra === 0n ? FREE : plain((reported ?? 0n) + extra);
  const { costSource } = rules;
  const { prices, unknown } = source;
  if (unknown && reported !== undefined) return plain(reported + extra);
  if (prices === undefined) return { nanoUsd: extra, unpriced: isUsed(tokens), mismatch: false };
  if (costSource === "reported" && reported !== undefined) return plain(reported + extra);
  const computed = bounded(costOf(prices, tokens, requests));
  if (unknown)
    return { nanoUsd: computed + extra, unpriced: isUsed(tokens) || computed !== 0n, mismatch: false };
  const charged = costSource === "max" && reported !== undefined && reported > computed ? reported : computed;
  return {
    nanoUsd: charged + extra,
    unpriced: false,
    mismatch: reported !== undefined && reported !== computed,
  };
}

/** Parts are never larger than their wholes. */
function isUsed(tokens: TokenUsage | undefined): boolean {
  return tokens !== undefined && ((tokens.input ?? 0n) !== 0n || (tokens.output ?? 0n) !== 0n);
}

/** Most that one report can be computed to cost, nano-USD (2^60): sums of a message stay below 2^63. */
const MAX_COMPUTED = 1n << 60n;

function bounded(nanoUsd: bigint): bigint {
  return nanoUsd < MAX_COMPUTED ? nanoUsd : MAX_COMPUTED;
}

function plain(nanoUsd: bigint): Priced {
  return { nanoUsd, unpriced: false, mismatch: false };
}

/** What is told, else the price book's price of the named charge, else nothing. */
function sumExtra(world: World, extraCosts: readonly ExtraCost[]): bigint {
  const charges = world.policy.prices?.charges;
  let sum = 0n;
  for (const { kind, quantity = 1n, nanoUsd } of extraCosts)
    sum += nanoUsd ?? bounded((charges?.get(kind) ?? 0n) * quantity);
  return bounded(sum);
}

/** The priced estimate of an intent, with a finding when its model is not known. */
export function priceIntent(
  world: World,
  rules: UsageRules,
  intent: Intent,
): { readonly nanoUsd: bigint; readonly finding: Finding | undefined } {
  const { tokens, weight, provider, model, costNanoUsd } = intent;
  // Without tokens the book knows the price of a request alone: a cost that is told stands.
  if (tokens === undefined && (costNanoUsd !== undefined || model === undefined))
    return { nanoUsd: costNanoUsd ?? 0n, finding: undefined };
  const source = priceSource(world, rules, provider, model);
  const { nanoUsd, unpriced } = priceUsage(world, rules, source, tokens, weight, costNanoUsd, []);
  const isUnknown = source.unknown && costNanoUsd === undefined;
  const isDenied = rules.unknownPrice === "deny" && isUnknown && (tokens === undefined || isUsed(tokens));
  if (!isDenied && !unpriced) return { nanoUsd, finding: undefined };
  return { nanoUsd, finding: unknownPrice(world, isDenied ? "BLOCK" : "WARN", provider, model) };
}

/** The finding, and one more in the totals. */
export function unknownPrice(
  world: World,
  verdict: "WARN" | "BLOCK",
  provider: string | undefined,
  model: string | undefined,
): Finding {
  world.usageTotals.addUnpriced(provider);
  const both = provider && model ? `${provider}/${model}` : provider || model;
  const name = both || "no model named";
  return { verdict, kind: "LIMIT", reason: "PRICE_UNKNOWN", message: `no price is known: ${name}` };
}
