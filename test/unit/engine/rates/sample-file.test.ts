// The sample of the quotas file that is shipped, read as the daemon reads it and asked of the engine.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseFiles } from "../../../../src/config/policy/files/parse-files.ts";
import type { RequestedPrincipal } from "../../../../src/domain/execution.ts";
import { type AskFields, Engine, policyOf } from "../engine-fixture.ts";

const SAMPLE = new URL("../../../../deploy/policies/quotas.yaml", import.meta.url);

function sample() {
  const text = readFileSync(SAMPLE, "utf8");
  return parseFiles([{ name: "quotas.yaml", path: "quotas.yaml", text }], new Map(), () => undefined);
}

/** Requests that pass within ten seconds after the burst was taken, a second. */
function sustained(principal: RequestedPrincipal, route: string, fields: AskFields = {}): number {
  const platformRates = { file: sample().quotas, fallback: undefined };
  const engine = new Engine({ limits: policyOf({}), platformRates });
  engine.register("e", { principal });
  const take = () => engine.charge("e", { route, weight: 1n }, fields).allowed;
  while (take());
  let passed = 0;
  for (let tick = 0; tick < 1_000; tick++) {
    engine.pass(10);
    while (take()) passed++;
  }
  return passed / 10;
}

describe("deploy/policies/quotas.yaml", () => {
  test("has no problem, and keeps descriptions", () => {
    expect(sample().problems).toEqual([]);
    expect(sample().quotas?.principals[0]?.description).toBe("enterprise");
  });

  test.each<[string, RequestedPrincipal, string, AskFields, number]>([
    ["100 a second for an enterprise", { tenant: "acme-corp" }, "/v1/chat", {}, 100],
    ["times 2.5 on a route", { tenant: "acme-corp" }, "/v1/embeddings", {}, 250],
    ["a quarter on another", { tenant: "sandbox" }, "/v1/dreams", {}, 2],
    ["5 for a range of addresses", { tenant: "nobody" }, "/v1/chat", { sourceIp: "203.0.113.77" }, 5],
    ["5 for one of IPv6", { tenant: "nobody" }, "/v1/chat", { sourceIp: "2001:db8::7" }, 5],
    ["20 for all others", { tenant: "nobody" }, "/v1/chat", {}, 20],
  ])("gives %s", (_name, principal, route, fields, wanted) => {
    expect(sustained(principal, route, fields)).toBe(wanted);
  });
});
