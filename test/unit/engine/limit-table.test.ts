// The table of limits: what each compares, just below, at and above, in its exact words.
import { describe, expect, test } from "vitest";
import type { LimitKey } from "../../../src/domain/limits.ts";
import type { Usage } from "../../../src/domain/usage.ts";
import { Engine, firstOf, type IntentFields, messagesOf, policyOf, STEP, USD } from "./engine-fixture.ts";

interface Row {
  readonly key: LimitKey;
  /** Bought by one unit: the limit is ten of them. */
  readonly unit: bigint;
  readonly used: (amount: bigint) => Partial<Usage>;
  readonly asks: IntentFields;
  readonly type: string;
  readonly format: (units: number) => string;
  readonly onExceed: "halt" | "block";
}

const count = (units: number): string => `${units}`;
const ROWS: readonly Row[] = [
  {
    key: "max_steps",
    unit: 1n,
    used: (steps) => ({ steps }),
    asks: STEP,
    type: "step_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_tokens",
    unit: 1n,
    used: (input) => ({ tokens: { input } }),
    asks: { tokens: { output: 1n } },
    type: "token_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_input_tokens",
    unit: 1n,
    used: (input) => ({ tokens: { input } }),
    asks: { tokens: { input: 1n, output: 5n } },
    type: "token_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_output_tokens",
    unit: 1n,
    used: (output) => ({ tokens: { output } }),
    asks: { tokens: { input: 5n, output: 1n } },
    type: "token_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_requests",
    unit: 1n,
    used: (requests) => ({ requests }),
    asks: { weight: 1n },
    type: "request_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_tool_calls",
    unit: 1n,
    used: (toolCalls) => ({ toolCalls }),
    asks: { toolCalls: 1n },
    type: "tool_call_limit",
    format: count,
    onExceed: "halt",
  },
  {
    key: "max_modifications_per_session",
    unit: 1n,
    used: (modifications) => ({ modifications }),
    asks: { modifications: 1n },
    type: "modification_limit",
    format: count,
    onExceed: "block",
  },
  {
    key: "max_cost_usd",
    unit: USD / 2n,
    used: (costNanoUsd) => ({ costNanoUsd }),
    asks: { costNanoUsd: USD / 2n },
    type: "cost_threshold",
    format: (units) => `${Math.floor(units / 2)}.${units % 2 === 0 ? "00" : "50"}`,
    onExceed: "halt",
  },
];

function engineWith(row: Row, usedUnits: bigint): Engine {
  const engine = new Engine({ limits: policyOf({ [row.key]: 10n * row.unit }) });
  engine.register("e");
  if (usedUnits > 0n) engine.report("e", row.used(usedUnits * row.unit));
  return engine;
}

/** Money and tokens without a price say so too; that is not what is looked at here. */
function aboutLimits(messages: readonly string[]): readonly string[] {
  return messages.filter((text) => !text.startsWith("no price"));
}

describe.each(ROWS)("$key", (row) => {
  const { type, format } = row;

  test("allows in silence below 80 %", () => {
    expect(aboutLimits(messagesOf(engineWith(row, 6n).charge("e", row.asks)))).toEqual([]);
  });

  test("warns from 80 % on, up to the limit itself", () => {
    expect(aboutLimits(messagesOf(engineWith(row, 7n).charge("e", row.asks)))).toEqual([
      `${type} at 80%: ${format(8)} / ${format(10)}`,
    ]);
    const at = engineWith(row, 9n).charge("e", row.asks);
    expect(aboutLimits(messagesOf(at))).toEqual([`${type} at 100%: ${format(10)} / ${format(10)}`]);
    expect(at).toMatchObject({ verdict: "WARN", allowed: true, advice: ["wrap_up"] });
    expect(firstOf(at)).toMatchObject({
      reason: `${type.toUpperCase()}_NEAR`,
      percent: 100,
      violationType: type,
    });
  });

  test("refuses what would pass it, and takes nothing (P3 P9)", () => {
    const engine = engineWith(row, 10n);
    const before = engine.snapshot("e");
    const decision = engine.charge("e", row.asks);
    expect(aboutLimits(messagesOf(decision))).toEqual([
      `${type} exceeded: ${format(11)} / ${format(10)} (110%)`,
    ]);
    expect(firstOf(decision)).toMatchObject({
      verdict: "BLOCK",
      kind: "LIMIT",
      reason: type.toUpperCase(),
      violationType: type,
      category: "quota_exceeded",
      retryable: false,
      fatal: false,
      sourceId: row.key,
      tier: "tenant",
      percent: 110,
      executionId: "e",
      remaining: { value: 0n },
    });
    expect(engine.snapshot("e")).toEqual(before);
    expect(engine.check("e", {}).allowed).toBe(true);
  });

  test("counts what is held", () => {
    const engine = engineWith(row, 8n);
    engine.reserve("e", "r", row.asks);
    engine.reserve("e", "s", row.asks);
    expect(aboutLimits(messagesOf(engine.charge("e", row.asks)))).toEqual([
      `${type} exceeded: ${format(11)} / ${format(10)} (110%) (held ${format(2)})`,
    ]);
    engine.release("e", "r");
    expect(engine.charge("e", row.asks).allowed).toBe(true);
  });

  test(`reported usage above it makes it ${row.onExceed} (P4)`, () => {
    const engine = engineWith(row, 0n);
    const decision = engine.reported("e", row.used(11n * row.unit));
    expect(decision.verdict).toBe("BLOCK");
    expect(engine.eventTypes("e").at(-1)).toBe(row.onExceed === "halt" ? "HALT" : "BLOCK");
    expect(firstOf(decision).overrun).toMatchObject({ value: row.unit });
  });

  test("a limit of 0 blocks everything and has no percentage", () => {
    const engine = new Engine({ limits: policyOf({ [row.key]: 0n }) });
    engine.register("e");
    const [message] = aboutLimits(messagesOf(engine.charge("e", row.asks)));
    expect(message).toBe(`${type} exceeded: ${format(1)} / ${format(0)}`);
  });

  test("in shadow mode it only says what it would have done", () => {
    const engine = new Engine({ limits: policyOf({ [row.key]: { value: 10n * row.unit, mode: "shadow" } }) });
    engine.register("e");
    engine.report("e", row.used(10n * row.unit));
    const decision = engine.charge("e", row.asks);
    expect(decision.allowed).toBe(true);
    expect(decision.findings.find((one) => one.violationType === type)).toMatchObject({
      verdict: "BLOCK",
      shadow: true,
    });
    expect(engine.eventTypes("e")).not.toContain("HALT");
    engine.drain();
    expect(engine.violations.map((one) => one.finding.shadow)).toContain(true);
  });
});
