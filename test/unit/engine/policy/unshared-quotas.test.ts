import { expect, test } from "vitest";
import { findUnshared } from "../../../../src/engine/policy/unshared-quotas.ts";
import { baselineOf, tenantOf } from "./policy-documents.ts";

test("quotas of a day or a month and pools are named, those of an hour, without a value and switched off are not", () => {
  const quotas = {
    tenant: {
      requests: { hour: 5, day: 50 },
      cost_usd: { day: { value: 5, mode: "off" }, month: "unlimited" },
    },
    "user:*": { custom: { pages: { month: 7 } }, concurrent_requests: 3 },
  };
  const pools = [{ id: "team", usd: 50, members: { "user:ann": {} } }];
  expect(findUnshared(tenantOf("xto", { quotas, pools }))).toEqual({
    perPod: ["quotas.tenant.requests.day", 'quotas["user:*"].custom.pages.month', "pools.team"],
    cluster: [],
  });
});

test("what asks for a shared store is named wherever it stands", () => {
  const baseline = baselineOf({
    quotas: {
      tenant: {
        requests: { day: { max: 100, scope: "cluster" } },
        storage_gb: { value: 1, scope: "cluster" },
      },
    },
    rates: { tenant: { rps: 5, scope: "cluster" }, "user:*": 5 },
    overrides: [{ match: { env: "dev" }, set: { rates: { "user:*": { scope: "cluster" } } } }],
  });
  expect(findUnshared(baseline)).toEqual({
    perPod: [],
    cluster: ["quotas.tenant.requests.day", "quotas.tenant.storage_gb", "rates.tenant", 'rates["user:*"]'],
  });
});
