import { describe, expect, test } from "vitest";
import type { Effect } from "../../../src/engine/world.ts";
import { ClockWatch } from "../../../src/runtime/clock-watch.ts";
import { createEngine } from "./engine-fixture.ts";

const DAY_MS = 86_400_000;

describe("ClockWatch", () => {
  test("CLOCK_STEP: a confirmed jump becomes an effect and a kept violation, and not before it is confirmed", async () => {
    const watch = new ClockWatch();
    const { hands, host } = createEngine("continue", (byMs) => watch.noticed(byMs));
    const effects: Effect[] = [];
    const told = new Promise<void>((resolve) => {
      host.onEffect((effect) => {
        effects.push(effect);
        if (effect.type === "clock_step") resolve();
      });
    });
    watch.start(host);
    const before = host.now().wallMs;
    hands.wallMs += DAY_MS;
    expect(host.turn((_world, now) => now.wallMs)).toBe(before);
    expect(effects).toEqual([]);
    hands.monoMs += 1_000;
    hands.wallMs += 1_000;
    expect(host.turn((_world, now) => now.wallMs)).toBe(before + DAY_MS + 1_000);
    await told;
    watch.stop();
    expect(effects).toMatchObject([
      { type: "violation", violation: { finding: { reason: "CLOCK_STEP", verdict: "WARN" } } },
      { type: "clock_step", byMs: DAY_MS },
    ]);
  });

  test("what was confirmed before there was an engine is told when there is one", async () => {
    const watch = new ClockWatch();
    watch.noticed(DAY_MS);
    const { host } = createEngine("continue");
    const told = new Promise<Effect>((resolve) => host.onEffect(resolve));
    watch.start(host);
    expect((await told).type).toBe("violation");
    watch.stop();
  });
});
