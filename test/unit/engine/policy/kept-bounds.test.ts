import { expect, test } from "vitest";
import { TollgateError } from "../../../../src/domain/errors.ts";
import { writeKept } from "../../../../src/engine/policy/kept/kept-policies.ts";
import { Engine } from "../engine-fixture.ts";

test("P10: POLICIES_FULL: documents of all tenants together have 64 MiB", () => {
  const engine = new Engine();
  const put = (tenant: string, length: number): string | undefined => {
    const change = { tenant, text: "x".repeat(length), by: "root", note: undefined, action: "put" };
    try {
      writeKept(engine.world, change, engine.now);
    } catch (error) {
      if (error instanceof TollgateError) return error.reason;
      throw error;
    }
    return undefined;
  };
  const mib = 1 << 20;
  for (let tenant = 0; tenant < 4; tenant++)
    for (let version = 0; version < 16; version++) expect(put(`t${tenant}`, mib)).toBeUndefined();
  expect(put("more", 1)).toBe("POLICIES_FULL");
  const { keptPolicies } = engine.world;
  expect(keptPolicies.versions("more")).toEqual([]);
  expect(keptPolicies.characters).toBe(64 * mib);
});
