// Charges of executions that nobody registered did not remember their `request_id`: a resent one counted again.
import { describe, expect, test } from "vitest";
import type { CallerId } from "../../src/domain/ids.ts";
import { charge } from "../../src/engine/intents/intents.ts";
import { MAX_UNREGISTERED_REQUESTS } from "../../src/engine/requests/request-table.ts";
import { askOf, Engine, policyOf, reasonsOf } from "../unit/engine/engine-fixture.ts";
import { quotasOf, ratesOf } from "../unit/engine/quotas/bounds-fixture.ts";

const WHO = { principal: { tenant: "t", user: "u" } };
const REQUEST = { weight: 1n };

function engineWith(limit: bigint): Engine {
  return new Engine({
    limits: policyOf({}, { unregistered: "allow" }),
    settings: { quotas: quotasOf({ "user:*": { requests: { hour: limit } } }) },
  });
}

describe("a charge of an execution that is not registered, sent again (P2)", () => {
  test("gives the first answer and counts once, on quotas and rates", () => {
    const engine = new Engine({
      limits: policyOf({}, { unregistered: "allow" }),
      settings: {
        quotas: quotasOf({ "user:*": { requests: { hour: 2n } } }),
        rates: ratesOf({ "user:*": { rps: 1, burst: 2 } }),
      },
    });
    const intent = { weight: 1n, route: "/r" };
    const first = engine.charge("", intent, { ...WHO, requestId: "q" });
    expect(first.allowed).toBe(true);
    expect(engine.charge("", intent, { ...WHO, requestId: "q" })).toBe(first);
    expect(engine.charge("", intent, WHO).allowed).toBe(true);
    expect(reasonsOf(engine.charge("", intent, WHO))).toEqual(["QUOTA_REQUESTS", "RATE_LIMIT"]);
  });

  test("counts once over a restart, and again when its ten minutes are over", async () => {
    const engine = engineWith(3n);
    const first = engine.charge("e", REQUEST, { ...WHO, requestId: "q" });
    await engine.save();
    const again = engine.restarted(599_999, { bootId: "next", monoMs: 5 });
    expect(again.charge("e", REQUEST, { ...WHO, requestId: "q" })).toEqual(first);
    await again.save();
    const third = again.restarted(0, { bootId: "last", monoMs: 900_000_000 });
    expect(third.charge("e", REQUEST, { ...WHO, requestId: "q" })).toEqual(first);
    third.advance(10_000);
    expect(third.charge("e", REQUEST, { ...WHO, requestId: "q" })).not.toEqual(first);
    expect(third.charge("e", REQUEST, WHO).allowed).toBe(true);
    expect(reasonsOf(third.charge("e", REQUEST, WHO))).toEqual(["QUOTA_REQUESTS"]);
  });

  test("counts once although the execution was registered in between", () => {
    const engine = engineWith(2n);
    const first = engine.charge("e", REQUEST, { ...WHO, requestId: "q" });
    engine.register("e", WHO);
    expect(engine.charge("e", REQUEST, { ...WHO, requestId: "q" })).toBe(first);
    expect(engine.snapshot("e").requests).toBe(0n);
    expect(engine.charge("e", REQUEST).allowed).toBe(true);
    expect(engine.charge("e", REQUEST).allowed).toBe(false);
  });

  test("is another one with another execution or from another caller, and refused with other content", () => {
    const engine = engineWith(3n);
    const ask = askOf("e", REQUEST, { ...WHO, requestId: "q" });
    charge(engine.world, "one" as CallerId, ask, engine.now);
    charge(engine.world, "other" as CallerId, ask, engine.now);
    charge(engine.world, "one" as CallerId, { ...ask, executionId: "f" }, engine.now);
    expect(reasonsOf(engine.charge("e", REQUEST, WHO))).toEqual(["QUOTA_REQUESTS"]);
    const changed = { ...ask, fingerprint: () => "other" };
    expect(() => charge(engine.world, "one" as CallerId, changed, engine.now)).toThrow("other content");
  });

  test("that was refused is judged afresh", () => {
    const engine = engineWith(1n);
    expect(engine.charge("", { weight: 2n }, { ...WHO, requestId: "q" }).allowed).toBe(false);
    expect(engine.charge("", REQUEST, { ...WHO, requestId: "q" }).allowed).toBe(true);
  });
});

describe("request ids of charges without a registered execution (P10)", () => {
  test("are refused beyond their number per caller before anything is taken, and forgotten after ten minutes", () => {
    const engine = engineWith(BigInt(MAX_UNREGISTERED_REQUESTS + 1));
    for (let made = 0; made < MAX_UNREGISTERED_REQUESTS; made++)
      engine.charge(`e${made % 7}`, REQUEST, { ...WHO, requestId: `q${made}` });
    const more = { ...WHO, requestId: "one-more" };
    expect(() => engine.charge("", REQUEST, more)).toThrow("20000 request ids");
    const other = "other" as CallerId;
    expect(charge(engine.world, other, askOf("", {}, more), engine.now).allowed).toBe(true);
    expect(engine.charge("e0", REQUEST, { ...WHO, requestId: "q0" }).allowed).toBe(true);
    expect(engine.charge("", REQUEST, WHO).allowed).toBe(true);
    expect(engine.charge("", REQUEST, WHO).allowed).toBe(false);
    engine.advance(600_000);
    for (let slices = 0; slices < 30; slices++) engine.advance(10_000);
    expect(engine.world.requests.byAge).toHaveLength(0);
    expect(engine.charge("", {}, more).allowed).toBe(true);
    expect(engine.world.requests.entries).toHaveLength(MAX_UNREGISTERED_REQUESTS + 1);
  });
});

describe("what else names an execution that is not registered (P2)", () => {
  test("reports that are sent again count once over a restart", async () => {
    const engine = engineWith(2n);
    engine.report("e", { requests: 1n }, { ...WHO, first: 1 });
    await engine.save();
    const again = engine.restarted(1_000, { bootId: "next", monoMs: 5 });
    expect(again.report("e", { requests: 1n }, { ...WHO, first: 1 }).duplicates).toBe(1);
    expect(again.charge("", REQUEST, WHO).allowed).toBe(true);
    expect(again.charge("", REQUEST, WHO).allowed).toBe(false);
  });

  test("holds take nothing, and settlements are refused", () => {
    const engine = engineWith(1n);
    expect(reasonsOf(engine.reserve("e", "r", REQUEST))).toEqual(["EXECUTION_UNKNOWN"]);
    expect(() => engine.settle("e", "r", { requests: 1n })).toThrow("not known");
    expect(engine.charge("", REQUEST, WHO).allowed).toBe(true);
  });
});
