import { afterEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { DetailLevel } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { DaemonProcess } from "../daemon/daemon-process.ts";
import { connect, type WireClient } from "../transport/wire-client.ts";
import { FakedTime } from "./faked-time.ts";

// A wall clock that jumps under a running daemon. Nothing that is measured in durations may end by it.

const isFull = process.env["TOLLGATE_TEST_SCALE"] === "full";

/** Two seconds before something that a calendar may trip over. */
const BORDERS = [
  "2038-01-19T03:14:06Z",
  "2027-02-28T23:59:58Z",
  "1970-01-01T00:00:05Z",
  ...(isFull
    ? [
        "2028-02-29T23:59:58Z",
        "2026-12-31T23:59:58Z",
        "2027-03-28T00:59:58Z",
        "2026-10-25T00:59:58Z",
        "2099-12-31T23:59:58Z",
      ]
    : []),
];

let daemon: DaemonProcess;
let client: WireClient<typeof EnforcementService>;

afterEach(async () => {
  client.close();
  await daemon.kill();
});

async function start(time: FakedTime): Promise<void> {
  daemon = DaemonProcess.spawn({}, undefined, undefined, time.environment);
  client = connect(EnforcementService, await daemon.address("agent"));
}

/** A run with an open hold and a step that is timed. */
async function openRun(): Promise<void> {
  await client.rpc.registerExecution({ executionId: "e" });
  const intent = { estimate: { tokens: { input: 100n } } };
  await client.rpc.reserve({
    executionId: "e",
    reservationId: "h",
    intent,
    timeout: { seconds: 250n },
    timeToLive: { seconds: 300n },
  });
}

/** When the daemon believes it is, s since 1970. */
async function believedSeconds(): Promise<number> {
  const { decision } = await client.rpc.check({
    executionId: "e",
    intent: { weight: 1n },
    detail: DetailLevel.FULL,
  });
  return Number(decision?.decidedAt?.seconds);
}

/** Asks until the daemon believes another time than `from`. */
async function whenBelieved(isIt: (seconds: number) => boolean): Promise<number> {
  for (;;) {
    const seconds = await believedSeconds();
    if (isIt(seconds)) return seconds;
    await new Promise(setImmediate);
  }
}

async function expectNothingEnded(): Promise<void> {
  const { execution } = await client.rpc.getExecution({ executionId: "e" });
  expect(execution?.state).toBe(ExecutionState.RUNNING);
  expect(execution?.holds).toHaveLength(1);
  expect(execution?.holds[0]?.timedOut).toBeUndefined();
  expect(Number(execution?.holds[0]?.remaining?.seconds)).toBeGreaterThan(200);
  expect(Number(execution?.usage?.wallTime?.seconds)).toBeLessThan(100);
  const actual = { executionId: "e", reservationId: "h", usage: { tokens: { input: 60n } } };
  const { decision } = await client.rpc.settle(actual);
  expect(decision?.allowed).toBe(true);
}

/** Jumps of an hour and less are believed at once, larger ones ahead after two readings that agree. */
describe("a wall clock that jumps while the daemon runs", () => {
  test.each([
    ["+1h", 3_600, false],
    ["-1h", -3_600, false],
    ["+2h", 7_200, true],
    ["-2h", -7_200, false],
  ] as const)("by %s: holds, steps and idle clocks go on as they were", async (shown, byS, isStep) => {
    const time = new FakedTime("wall");
    await start(time);
    await openRun();
    const before = await believedSeconds();
    time.show(shown);
    await whenBelieved((seconds) => Math.abs(seconds - before - byS) < 60);
    await expectNothingEnded();
    if (isStep) await daemon.waitFor("clock_stepped");
    expect(daemon.lines.filter((line) => line.includes("clock_stepped"))).toHaveLength(isStep ? 1 : 0);
  });

  test("to the borders of time, one after the other, and over each", async () => {
    console.log(`clock: ${BORDERS.length} borders of time`);
    const time = new FakedTime("wall");
    await start(time);
    await openRun();
    for (const border of BORDERS) {
      const shown = time.showInstant(border);
      await whenBelieved((seconds) => seconds > shown + 2 && seconds < shown + 60);
    }
    await expectNothingEnded();
  });
});

describe("a daemon that starts with a wrong clock", () => {
  test.each(["1970-01-01T00:00:05Z", "2099-12-31T23:59:58Z"])(
    "at %s: serves, and goes on when the clock is set right",
    async (instant) => {
      const time = new FakedTime("wall");
      time.showInstant(instant);
      await start(time);
      await openRun();
      time.show("+0");
      const right = Date.now() / 1_000;
      await whenBelieved((seconds) => Math.abs(seconds - right) < 60);
      await expectNothingEnded();
    },
  );
});
