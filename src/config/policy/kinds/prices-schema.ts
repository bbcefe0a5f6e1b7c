import { z } from "zod";
import { isId } from "../../../domain/ids.ts";

// The document that says what models cost. Published as deploy/policies/schema/prices.json.

/** Models of one document: above any provider's list, below what 256 KiB can hold. */
const MODELS_MAX = 4_096;

const MODELS_ERROR = { error: `must be a list of 1 to ${MODELS_MAX} models` };

/** Named charges of one document. */
const CHARGES_MAX = 1_000;
const CHARGES_ERROR = { error: `must be a mapping of at most ${CHARGES_MAX} names to prices` };

/** Decimal text without sign or exponent, as prices are written. */
const DECIMAL = /^\d{1,9}(\.\d{1,9})?$/;

const PRICE_ERROR = {
  error: "must be an amount in USD from 0 to 1000000, with at most 9 decimals, such as 2.50",
};

const price = z
  .union(
    [
      z.number(PRICE_ERROR).min(0, PRICE_ERROR).max(1_000_000, PRICE_ERROR),
      z.string().regex(DECIMAL, PRICE_ERROR),
    ],
    PRICE_ERROR,
  )
  .describe("an amount in USD: a number, or decimal text, with at most 9 decimals");

const NAME_ERROR = { error: "must be text of 1 to 128 visible ASCII characters" };

const name = z
  .string(NAME_ERROR)
  .min(1, NAME_ERROR)
  .max(128, NAME_ERROR)
  .refine(isId, NAME_ERROR)
  .describe("as reports and intents name it");

/** The keys are the token kinds of a report; a kind without a price costs what its whole costs. */
const tokenPrices = z
  .strictObject({
    input: price.describe("all input tokens"),
    output: price.describe("all output tokens"),
    cache_read: price.optional().describe("input tokens read from a cache"),
    cache_write: price.optional().describe("input tokens written to a cache"),
    cache_write_long: price.optional().describe("input tokens written to a cache that lives longer"),
    reasoning: price.optional().describe("output tokens of reasoning"),
    audio_in: price.optional().describe("input tokens of audio"),
    audio_out: price.optional().describe("output tokens of audio"),
  })
  .describe("USD per million tokens of each kind");

export const PRICES_SCHEMA = z
  .strictObject({
    apiVersion: z.literal("tollgate.dev/v1"),
    kind: z.literal("Prices"),
    models: z
      .array(
        z.strictObject({
          provider: name,
          model: name,
          usd_per_million: tokenPrices,
          usd_per_request: price.optional().describe("USD per request, on top of its tokens; default 0"),
        }),
      )
      .min(1, MODELS_ERROR)
      .max(MODELS_MAX, MODELS_ERROR)
      .optional(),
    charges: z
      .record(name, price, CHARGES_ERROR)
      .refine((charges) => Object.keys(charges).length <= CHARGES_MAX, CHARGES_ERROR)
      .optional()
      .describe("USD per unit of named charges: a search, a page, a minute of a tool"),
  })
  .describe("What models and named charges cost. Each may stand in one document only.");

export type PricesDocument = z.infer<typeof PRICES_SCHEMA>;
