// An engine bounded by quotas, and what it says of them.
import type { Decision, Finding } from "../../../../src/domain/decision.ts";
import { Engine, type IntentFields, policyOf } from "../engine-fixture.ts";
import { quotasOf, type WrittenQuotas } from "./bounds-fixture.ts";

export const REQUEST: IntentFields = { weight: 1n };

export function engineWith(quotas: { readonly [principal: string]: WrittenQuotas }): Engine {
  return new Engine({
    limits: policyOf({}, { customCounters: ["pages"] }),
    settings: { quotas: quotasOf(quotas) },
  });
}

/** With these quotas of the tenant and one execution, `e`. */
export function started(quotas: WrittenQuotas): Engine {
  const engine = engineWith({ tenant: quotas });
  engine.register("e");
  return engine;
}

/** Findings of quotas, without notes about prices. */
export function quotasIn(decision: Decision): readonly Finding[] {
  return decision.findings.filter((one) => one.kind === "QUOTA");
}

export function quotaMessages(decision: Decision): readonly string[] {
  return quotasIn(decision).map((one) => one.message);
}
