import { formatUsd } from "../../domain/amounts.ts";
import { HELD, SPENT } from "../../domain/counters.ts";
import type { Finding, FindingUnit } from "../../domain/decision.ts";

/** Places of a held row, and of a row of usage, by unit. */
const UNITS: readonly (readonly [FindingUnit, readonly number[], readonly number[]])[] = [
  ["steps", [HELD.steps], [SPENT.steps]],
  ["tokens", [HELD.inputTokens, HELD.outputTokens], [SPENT.inputTokens, SPENT.outputTokens]],
  ["cost", [HELD.costNanoUsd], [SPENT.costNanoUsd]],
  ["requests", [HELD.requests], [SPENT.requests]],
  ["tool_calls", [HELD.toolCalls], [SPENT.toolCalls]],
];

/** Names how far true usage passed its own hold, in every unit of which something was held. */
export function overrunFindings(held: BigInt64Array, used: BigInt64Array): Finding[] {
  return UNITS.flatMap(([unit, holdPlaces, usePlaces]): Finding[] => {
    const hold = sumOf(held, holdPlaces);
    const use = sumOf(used, usePlaces);
    if (hold === 0n || use <= hold) return [];
    const kind = unit === "cost" ? "nanoUsd" : "count";
    const told = unit === "cost" ? formatUsd : String;
    const name = unit === "cost" ? "USD" : unit.replace("_", " ");
    return [
      {
        verdict: "WARN",
        kind: "LIMIT",
        reason: "HOLD_OVERRUN",
        message: `used ${told(use)} ${name} of a hold of ${told(hold)}`,
        unit,
        current: { kind, value: use },
        limit: { kind, value: hold },
        overrun: { kind, value: use - hold },
      },
    ];
  });
}

function sumOf(row: BigInt64Array, places: readonly number[]): bigint {
  return places.reduce((sum, place) => sum + (row[place] as bigint), 0n);
}
