import { cpus, totalmem } from "node:os";
import { type Budget, isHeld, isNear, round } from "./budget.ts";

// What the bench prints and writes.

export interface Machine {
  readonly cpus: number;
  readonly cpu: string;
  readonly memoryGib: number;
  readonly platform: string;
  readonly node: string;
  /** Percent of the CPU that was wanted during the run and went to other guests of the host. */
  readonly stolenPercent: number;
}

export function describeMachine(stolenPercent: number): Machine {
  return {
    cpus: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
    node: process.version,
    stolenPercent,
  };
}

/** A table in Markdown: the same text on the screen and in the docs. */
export function formatTable(budgets: readonly Budget[]): string {
  const rows = budgets.map((one) => {
    const value = `${round(one.value)} ${one.unit}`;
    const interval = `${round(one.interval[0])} … ${round(one.interval[1])}`;
    const cells = [one.id, one.what, value, interval, formatBound(one), verdictOf(one), one.beside ?? ""];
    return `| ${cells.join(" | ")} |`;
  });
  const head = "| id | what | value | interval | bound | holds | beside it |\n|---|---|---|---|---|---|---|";
  return [head, ...rows].join("\n");
}

export function toJson(machine: Machine, budgets: readonly Budget[]): string {
  const written = budgets.map((one) => ({
    id: one.id,
    what: one.what,
    value: one.value,
    bound: one.bound ?? null,
    holds: isHeld(one),
    interval: one.interval,
    unit: one.unit,
    beside: one.beside ?? null,
  }));
  return `${JSON.stringify({ machine, budgets: written }, undefined, 2)}\n`;
}

function formatBound({ bound }: Budget): string {
  if (bound === undefined) return "–";
  return "atLeast" in bound ? `≥ ${round(bound.atLeast)}` : `≤ ${round(bound.atMost)}`;
}

function verdictOf(one: Budget): string {
  if (one.bound === undefined) return "–";
  if (!isHeld(one)) return "**no**";
  return isNear(one) ? "yes, within the interval" : "yes";
}
