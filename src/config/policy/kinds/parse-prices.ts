import { parseUsd } from "../../../domain/amounts.ts";
import type { PriceEntry, Prices, TokenPriceKey } from "../documents.ts";
import { positionOf } from "../yaml/position.ts";
import type { YamlSource } from "../yaml/yaml-source.ts";
import { describeIssues, problemAt } from "./describe-issues.ts";
import { PRICES_SCHEMA, type PricesDocument } from "./prices-schema.ts";

/** All `Prices` documents as one; a model or charge may stand in one place only. Adds every problem to `problems`. */
export function parsePrices(sources: readonly YamlSource[], problems: string[]): Prices {
  const seen = new Map<string, string>();
  const once = (key: string, shown: string, position: string): void => {
    const first = seen.get(key);
    if (first !== undefined) problems.push(`${position}: ${shown} has a price already, at ${first}`);
    seen.set(key, position);
  };
  const models: PriceEntry[] = [];
  const charges = new Map<string, bigint>();
  for (const source of sources) {
    const parsed = PRICES_SCHEMA.safeParse(source.value);
    if (!parsed.success) {
      problems.push(...describeIssues(parsed.error, source));
      continue;
    }
    for (const [index, model] of (parsed.data.models ?? []).entries()) {
      const entry = compile(model, ["models", index], source, problems);
      const position = positionOf(source, ["models", index, "model"]);
      once(`model\n${entry.provider}\n${entry.model}`, `${entry.provider}/${entry.model}`, position);
      models.push(entry);
    }
    for (const [name, price] of Object.entries(parsed.data.charges ?? {})) {
      once(`charge\n${name}`, `the charge ${name}`, positionOf(source, ["charges", name]));
      charges.set(name, nanoUsd(price, ["charges", name], source, problems));
    }
  }
  return { models, charges };
}

function compile(
  model: NonNullable<PricesDocument["models"]>[number],
  path: readonly PropertyKey[],
  source: YamlSource,
  problems: string[],
): PriceEntry {
  const nano = (value: string | number, at: readonly PropertyKey[]) => nanoUsd(value, at, source, problems);
  const tokens: { [K in TokenPriceKey]?: bigint } = {};
  for (const [kind, value] of Object.entries(model.usd_per_million) as [TokenPriceKey, string | number][]) {
    tokens[kind] = nano(value, [...path, "usd_per_million", kind]);
  }
  const request =
    model.usd_per_request === undefined ? 0n : nano(model.usd_per_request, [...path, "usd_per_request"]);
  return { provider: model.provider, model: model.model, prices: { tokens, request } };
}

function nanoUsd(
  value: string | number,
  at: readonly PropertyKey[],
  source: YamlSource,
  problems: string[],
): bigint {
  try {
    return parseUsd(String(value));
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    problems.push(problemAt(source, at, thrown.message));
    return 0n;
  }
}
