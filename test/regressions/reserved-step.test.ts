import { expect, test } from "vitest";
import { NO_OVERRIDES } from "../../src/domain/limits.ts";
import { createNow } from "../../src/domain/time.ts";
import { createWorld } from "../../src/engine/create-world.ts";
import { registerExecution } from "../../src/engine/executions/register.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../src/engine/policy/resolve-policy.ts";
import { reserve } from "../../src/engine/reservations/reserve.ts";
import { settle } from "../../src/engine/reservations/resolve.ts";
import { NO_CIRCUMSTANCES } from "../unit/engine/engine-fixture.ts";

test("a step that is reserved and then settled with its signature is one step of the loop window", () => {
  const policy = { generation: 1, etag: "e", set: createPolicySet(NO_DOCUMENTS), prices: undefined };
  let made = 0;
  const ids = { decisionId: () => `d${++made}`, approvalId: () => `a${++made}` };
  const world = createWorld({ ids, digest: { digest128: (text) => text }, policy, maxLiveExecutions: 10 });
  const caller = "uds" as never;
  const now = createNow(1_000, 1_700_000_000_000);
  const executionId = "run" as never;
  registerExecution(
    world,
    caller,
    { executionId, principal: undefined, labels: {}, discovered: false, requested: NO_OVERRIDES },
    now,
  );
  const step = { signature: "search(a)" };
  const verdicts = [1, 2, 3, 4].map((time) => {
    const reservationId = `r${time}`;
    const intent = { step, entersDepth: false, custom: {}, weight: 0n, toolCalls: 0n, modifications: 0n };
    const fingerprint = () => reservationId;
    const ask = {
      executionId,
      intent,
      detail: "MINIMAL" as const,
      reservationId,
      ttlMs: 60_000,
      ...NO_CIRCUMSTANCES,
      fingerprint,
      intentText: fingerprint,
    };
    const { verdict } = reserve(world, caller, ask, now);
    const actual = { step, extraCosts: [], custom: {} };
    const details = { provider: undefined, model: undefined, fingerprint };
    if (verdict !== "BLOCK") settle(world, caller, { executionId, reservationId, actual, ...details }, now);
    return verdict;
  });
  expect(verdicts).toEqual(["ALLOW", "ALLOW", "WARN", "BLOCK"]);
});
