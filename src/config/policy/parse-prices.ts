import type { z } from "zod";
import { parseUsd } from "../../domain/amounts.ts";
import type { PriceEntry, TokenPriceKey } from "./documents.ts";
import { PRICES_SCHEMA, type PricesDocument } from "./prices-schema.ts";
import type { YamlSource } from "./yaml-source.ts";

/** Prices of one model, and where they stand. */
export interface PlacedPrice {
  readonly entry: PriceEntry;
  readonly position: string;
}

/** One `Prices` document to integers; adds every problem to `problems`. */
export function parsePrices(source: YamlSource, problems: string[]): readonly PlacedPrice[] {
  const parsed = PRICES_SCHEMA.safeParse(source.value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(...describe(issue, source));
    return [];
  }
  return parsed.data.models.map((model, index) => ({
    entry: compile(model, ["models", index], source, problems),
    position: source.position(["models", index, "model"]),
  }));
}

function compile(
  model: PricesDocument["models"][number],
  path: readonly PropertyKey[],
  source: YamlSource,
  problems: string[],
): PriceEntry {
  const nano = (value: string | number, at: readonly PropertyKey[]): bigint => {
    try {
      return parseUsd(String(value));
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      problems.push(`${source.position(at)}: ${formatPath(at)}: ${thrown.message}`);
      return 0n;
    }
  };
  const tokens: { [K in TokenPriceKey]?: bigint } = {};
  for (const [kind, value] of Object.entries(model.usd_per_million) as [TokenPriceKey, string | number][]) {
    tokens[kind] = nano(value, [...path, "usd_per_million", kind]);
  }
  const request =
    model.usd_per_request === undefined ? 0n : nano(model.usd_per_request, [...path, "usd_per_request"]);
  return { provider: model.provider, model: model.model, prices: { tokens, request } };
}

function describe(issue: z.core.$ZodIssue, source: YamlSource): readonly string[] {
  const where = formatPath(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) =>
        `${source.positionOfKey(issue.path, key)}: ${formatPath([...issue.path, key])}: is no key of this document`,
    );
  }
  const value = valueAt(source.value, issue.path);
  if (value === undefined) return [`${source.position(issue.path)}: ${where}: is required`];
  const shown = typeof value === "object" ? "" : `${JSON.stringify(value)} `;
  return [`${source.position(issue.path)}: ${where}: ${shown}${lowered(issue.message)}`];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path)
    at =
      typeof at === "object" && at !== null
        ? (at as { readonly [name: PropertyKey]: unknown })[key]
        : undefined;
  return at;
}

function formatPath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const part of path)
    text += typeof part === "number" ? `[${part}]` : `${text === "" ? "" : "."}${String(part)}`;
  return text;
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
