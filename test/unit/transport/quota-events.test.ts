// Events of quotas on the wire.
import { describe, expect, test } from "vitest";
import { Unit } from "../../../src/gen/tollgate/enforcement/v1/amount_pb.ts";
import { eventToProto } from "../../../src/transport/convert/events.ts";
import { Engine, policyOf } from "../engine/engine-fixture.ts";
import { quotasOf } from "../engine/quotas/bounds-fixture.ts";

describe("eventToProto", () => {
  test("an alert says the level that was passed, a quota that is used up says when its window ends", () => {
    const settings = { quotas: quotasOf({ tenant: { requests: { hour: 10n } } }) };
    const engine = new Engine({ limits: policyOf({}), settings });
    engine.register("e");
    engine.charge("e", { weight: 10n });
    const around = { world: engine.world, storeId: "store", now: engine.now };
    const sent = engine.events("e").map((event) => eventToProto(event, engine.index("e"), around).payload);
    expect(sent).toMatchObject([
      { case: "quotaAlert", value: { levelPercent: 75, finding: { limitId: "quota_requests_hour" } } },
      { case: "quotaAlert", value: { levelPercent: 90, finding: { unit: Unit.REQUESTS } } },
      {
        case: "quotaExhausted",
        value: {
          finding: { principal: "tenant:default", limitId: "quota_requests_hour" },
          windowEndsAt: { seconds: BigInt(Date.UTC(2026, 0, 15, 13) / 1000) },
        },
      },
    ]);
  });
});
