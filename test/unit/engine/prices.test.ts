// What usage costs: every cell of the table of price sources, unknown models, and the words that say so.
import { describe, expect, test } from "vitest";
import {
  createPriceBook,
  createPriceBookInSteps,
  type PriceBook,
} from "../../../src/engine/prices/price-book.ts";
import { Engine, firstOf, messagesOf, policyOf, reasonsOf, STEP, USD } from "./engine-fixture.ts";

/** 2 USD per million input tokens, 10 per million output tokens, a cent per request. */
const KNOWN = { tokens: { input: 2n * USD, output: 10n * USD }, request: USD / 100n };
const BOOK = createPriceBook([
  { provider: "p", model: "m", prices: KNOWN },
  { provider: "p", model: "dear", prices: { tokens: { input: 4n * USD, output: 8n * USD }, request: 0n } },
  { provider: "q", model: "other", prices: { tokens: { input: USD, output: 20n * USD }, request: 0n } },
]);

test("a book of many models is made in as many pieces, and is the same", () => {
  const entries = Array.from({ length: 500 }, (_, at) => ({ provider: "p", model: `m${at}`, prices: KNOWN }));
  const steps = createPriceBookInSteps(entries);
  let pieces = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pieces++;
  expect(pieces).toBeGreaterThanOrEqual(entries.length);
  expect(step.value).toEqual(createPriceBook(entries));
});

const MILLION = { input: 1_000_000n };

type Source = "price_book" | "reported" | "max";
type Unknown = "deny" | "tokens_only" | "fallback";

function charged(fields: {
  readonly book?: PriceBook;
  readonly source?: Source;
  readonly unknown?: Unknown;
  readonly model?: string;
  readonly provider?: string;
  readonly reported?: bigint;
}): { readonly cost: bigint; readonly reasons: readonly string[] } {
  const { book, source = "price_book", unknown, model = "m", provider = "p", reported } = fields;
  const limits = policyOf({}, { costSource: source, unknownPrice: unknown });
  const engine = new Engine({ limits, ...(book === undefined ? {} : { prices: book }) });
  engine.register("e");
  const decision = engine.reported("e", { tokens: MILLION, costNanoUsd: reported }, { provider, model });
  return { cost: engine.snapshot("e").costNanoUsd, reasons: reasonsOf(decision) };
}

describe("cost_source", () => {
  test.each<readonly [Source, bigint | undefined, bigint, readonly string[]]>([
    ["price_book", undefined, 2n * USD, []],
    ["price_book", 2n * USD, 2n * USD, []],
    ["price_book", 3n * USD, 2n * USD, ["COST_MISMATCH"]],
    ["reported", undefined, 2n * USD, []],
    ["reported", 3n * USD, 3n * USD, []],
    ["reported", 0n, 0n, []],
    ["max", undefined, 2n * USD, []],
    ["max", USD, 2n * USD, ["COST_MISMATCH"]],
    ["max", 3n * USD, 3n * USD, ["COST_MISMATCH"]],
  ])("%s with a known model and reported %s charges %s", (source, reported, cost, reasons) => {
    const given = reported === undefined ? {} : { reported };
    expect(charged({ book: BOOK, source, ...given })).toEqual({ cost, reasons });
  });

  test.each(["price_book", "reported", "max"] as const)(
    "%s with an unknown model takes the reported cost",
    (source) => {
      expect(charged({ book: BOOK, source, model: "new", reported: 7n })).toEqual({ cost: 7n, reasons: [] });
    },
  );

  test("a mismatch names both", () => {
    const engine = new Engine({ limits: policyOf(), prices: BOOK });
    engine.register("e");
    const decision = engine.reported(
      "e",
      { tokens: MILLION, costNanoUsd: 1n },
      { provider: "p", model: "m" },
    );
    expect(messagesOf(decision)).toEqual(["reported 1 nano-USD, charged 2000000000 nano-USD"]);
  });
});

describe("unknown_price", () => {
  test.each<readonly [string, Unknown | undefined, PriceBook | undefined, bigint]>([
    ["fallback, of the provider", "fallback", BOOK, 4n * USD],
    ["fallback by default where a book exists", undefined, BOOK, 4n * USD],
    ["tokens_only", "tokens_only", BOOK, 0n],
    ["deny: what was used is recorded all the same (P4)", "deny", BOOK, 0n],
    ["tokens_only by default where there is no book", undefined, undefined, 0n],
  ])("%s", (_, unknown, book, cost) => {
    const given = {
      model: "new",
      ...(unknown === undefined ? {} : { unknown }),
      ...(book === undefined ? {} : { book }),
    };
    expect(charged(given)).toEqual({ cost, reasons: ["PRICE_UNKNOWN"] });
  });

  test("fallback takes the dearest of the whole book for an unknown provider", () => {
    const engine = new Engine({ limits: policyOf(), prices: BOOK });
    engine.register("e");
    engine.report(
      "e",
      { tokens: { input: 1_000_000n, output: 1_000_000n } },
      { provider: "nobody", model: "new" },
    );
    expect(engine.snapshot("e").costNanoUsd).toBe(24n * USD);
  });

  test("deny refuses the intent and takes nothing; a named cost lets it pass", () => {
    const engine = new Engine({ limits: policyOf({}, { unknownPrice: "deny" }), prices: BOOK });
    engine.register("e");
    const refused = engine.charge("e", { provider: "p", model: "new", tokens: MILLION });
    expect(firstOf(refused)).toMatchObject({
      reason: "PRICE_UNKNOWN",
      verdict: "BLOCK",
      message: "no price is known: p/new",
    });
    expect(engine.snapshot("e").totalTokens).toBe(0n);
    expect(
      engine.charge("e", { provider: "p", model: "new", tokens: MILLION, costNanoUsd: 5n }).allowed,
    ).toBe(true);
  });
});

describe("an intent that names a model and no tokens", () => {
  const asked = { provider: "p", model: "m", weight: 2n };

  test("is charged the price of its requests, unless a cost is told", () => {
    const engine = new Engine({ limits: policyOf(), prices: BOOK });
    engine.register("e");
    engine.charge("e", asked);
    expect(engine.snapshot("e").costNanoUsd).toBe((2n * USD) / 100n);
    engine.charge("e", { ...asked, costNanoUsd: 5n });
    expect(engine.snapshot("e").costNanoUsd).toBe((2n * USD) / 100n + 5n);
    engine.charge("e", { weight: 2n });
    expect(engine.snapshot("e").costNanoUsd).toBe((2n * USD) / 100n + 5n);
  });

  test("of an unknown model costs the dearest request, and says so", () => {
    const engine = new Engine({ limits: policyOf(), prices: BOOK });
    engine.register("e");
    expect(reasonsOf(engine.charge("e", { ...asked, model: "new" }))).toEqual(["PRICE_UNKNOWN"]);
    expect(reasonsOf(engine.reported("e", { requests: 2n }, { provider: "p", model: "new" }))).toEqual([
      "PRICE_UNKNOWN",
    ]);
    expect(engine.snapshot("e").costNanoUsd).toBe((4n * USD) / 100n);
  });

  test.each([
    ["where a book exists", { prices: BOOK }],
    ["where none exists", {}],
  ])("deny refuses an unknown model %s", (_, prices) => {
    const engine = new Engine({ limits: policyOf({}, { unknownPrice: "deny" }), ...prices });
    engine.register("e");
    expect(engine.check("e", { ...asked, model: "new" })).toMatchObject({
      verdict: "BLOCK",
      findings: [{ reason: "PRICE_UNKNOWN" }],
    });
    expect(engine.check("e", { model: "new", tokens: MILLION }).allowed).toBe(false);
    expect(engine.check("e", { ...asked, model: "new", costNanoUsd: 1n }).findings).toEqual([]);
    expect(engine.check("e", STEP).findings).toEqual([]);
  });
});

describe("what is added", () => {
  test("requests cost their price, extra costs are always added, and one report is rounded once", () => {
    const engine = new Engine({ limits: policyOf(), prices: BOOK });
    engine.register("e");
    const usage = {
      tokens: { input: 1n, output: 1n },
      requests: 2n,
      extraCosts: [{ kind: "search", nanoUsd: 7n }, { kind: "free" }],
    };
    engine.report("e", usage, { provider: "p", model: "m" });
    expect(engine.snapshot("e").costNanoUsd).toBe(12_000n + (2n * USD) / 100n + 7n);
  });

  test("a charge that the book names costs its price by quantity; what is told stands for it", () => {
    const prices = createPriceBook([], new Map([["search", 3n]]));
    const engine = new Engine({ limits: policyOf(), prices });
    engine.register("e");
    const extraCosts = [
      { kind: "search" },
      { kind: "search", quantity: 10n },
      { kind: "search", quantity: 0n },
      { kind: "search", quantity: 10n, nanoUsd: 1_000n },
      { kind: "unheard-of", quantity: 10n },
    ];
    engine.report("e", { extraCosts });
    expect(engine.snapshot("e").costNanoUsd).toBe(3n + 30n + 1_000n);
  });

  test("P10: a quantity has a bound, and no price times quantity wraps", () => {
    const prices = createPriceBook([], new Map([["search", 1_000_000n * USD]]));
    const engine = new Engine({ limits: policyOf(), prices });
    engine.register("e");
    const most = 1n << 48n;
    const tooMany = engine.report("e", { extraCosts: [{ kind: "search", quantity: most + 1n }] });
    expect(tooMany.rejected[0]?.problem).toMatchObject({
      reason: "AMOUNT_TOO_LARGE",
      field: "extra_costs[0].quantity",
    });
    const many = Array.from({ length: 64 }, () => ({ kind: "search", quantity: most }));
    engine.report("e", [{ extraCosts: many }, { extraCosts: many }]);
    expect(engine.snapshot("e").costNanoUsd).toBe(1n << 61n);
  });

  test("an estimate is priced like a report and compared with the limit", () => {
    const engine = new Engine({ limits: policyOf({ max_cost_usd: 2n * USD }), prices: BOOK });
    engine.register("e");
    expect(engine.charge("e", { provider: "p", model: "m", tokens: { input: 1_000_001n } }).allowed).toBe(
      false,
    );
    expect(engine.charge("e", { provider: "p", model: "m", tokens: MILLION }).allowed).toBe(true);
    expect(engine.snapshot("e").costNanoUsd).toBe(2n * USD);
  });
});
