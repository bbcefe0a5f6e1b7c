import { describe, expect, test } from "vitest";
import {
  CLOCK_STEP_MS,
  CONFIRM_AFTER_MS,
  SteadyClock,
} from "../../../../src/adapters/system/steady-clock.ts";
import { openSystemClock } from "../../../../src/adapters/system/system-clock.ts";

const NOON = Date.UTC(2026, 10, 21, 12);

function createClock() {
  const hands = { monoMs: 5_000, wallMs: NOON };
  const steps: number[] = [];
  const raw = { monoMs: () => hands.monoMs, wallMs: () => hands.wallMs, bootId: "boot" };
  const clock = new SteadyClock(raw, ({ byMs }) => steps.push(byMs));
  const pass = (ms: number): void => {
    hands.monoMs += ms;
    hands.wallMs += ms;
  };
  return { hands, steps, clock, pass };
}

describe("SteadyClock", () => {
  test("tells what the clocks tell while they go together", () => {
    const { clock, pass, steps } = createClock();
    pass(2_500);
    expect(clock.now()).toEqual({ monoMs: 7_500, wallMs: NOON + 2_500 });
    expect(steps).toEqual([]);
  });

  test("a step ahead of up to an hour and any step back are believed at once", () => {
    const { clock, hands, steps } = createClock();
    hands.wallMs += CLOCK_STEP_MS;
    expect(clock.now().wallMs).toBe(NOON + CLOCK_STEP_MS);
    hands.wallMs -= 30 * CLOCK_STEP_MS;
    expect(clock.now().wallMs).toBe(NOON - 29 * CLOCK_STEP_MS);
    expect(steps).toEqual([]);
  });

  test("a step ahead of more than an hour is believed when a second reading agrees a second later", () => {
    const { clock, hands, steps, pass } = createClock();
    const step = CLOCK_STEP_MS + 1;
    hands.wallMs += step;
    expect(clock.now().wallMs).toBe(NOON);
    pass(CONFIRM_AFTER_MS - 1);
    expect(clock.now().wallMs).toBe(NOON + CONFIRM_AFTER_MS - 1);
    expect(clock.isSuspect).toBe(true);
    pass(1);
    expect(clock.now().wallMs).toBe(NOON + CONFIRM_AFTER_MS + step);
    expect(clock.isSuspect).toBe(false);
    expect(steps).toEqual([step]);
  });

  test("one wrong reading changes nothing", () => {
    const { clock, hands, steps, pass } = createClock();
    hands.wallMs += 24 * CLOCK_STEP_MS;
    clock.now();
    hands.wallMs -= 24 * CLOCK_STEP_MS;
    pass(CONFIRM_AFTER_MS);
    expect(clock.now().wallMs).toBe(NOON + CONFIRM_AFTER_MS);
    expect(steps).toEqual([]);
  });

  test("two readings that disagree with each other confirm nothing", () => {
    const { clock, hands, steps, pass } = createClock();
    hands.wallMs += 2 * CLOCK_STEP_MS;
    clock.now();
    pass(CONFIRM_AFTER_MS);
    hands.wallMs += 2 * CLOCK_STEP_MS;
    expect(clock.now().wallMs).toBe(NOON + CONFIRM_AFTER_MS);
    pass(CONFIRM_AFTER_MS);
    expect(clock.now().wallMs).toBe(NOON + 2 * CONFIRM_AFTER_MS + 4 * CLOCK_STEP_MS);
    expect(steps).toEqual([4 * CLOCK_STEP_MS]);
  });

  test("a jump between the last cut of the same boot and this start has to be confirmed as well", () => {
    const { clock, pass, steps } = createClock();
    clock.resumeFrom({ monoMs: 1_000, wallMs: NOON - 4_000 - 3 * CLOCK_STEP_MS });
    expect(clock.now().wallMs).toBe(NOON - 3 * CLOCK_STEP_MS);
    pass(CONFIRM_AFTER_MS);
    expect(clock.now().wallMs).toBe(NOON + CONFIRM_AFTER_MS);
    expect(steps).toEqual([3 * CLOCK_STEP_MS]);
  });
});

describe("openSystemClock", () => {
  test("reads the monotonic clock of the boot, which other processes share, and names the boot", () => {
    const clock = openSystemClock();
    const [seconds] = process.hrtime();
    expect(Math.abs(clock.monoMs() / 1_000 - seconds)).toBeLessThan(2);
    expect(clock.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(openSystemClock().bootId).toBe(clock.bootId);
  });
});
