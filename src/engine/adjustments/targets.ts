import { invalidField } from "../../domain/errors.ts";
import type { LevelName } from "../../domain/quotas/levels.ts";
import { QUOTA_KEYS } from "../../domain/quotas/quota-units.ts";

// Names of principals and values as administrators write them.

/** The target of a rate: its other values are quotas. */
export const RATE = "rate";

const LEVELS = ["team", "user", "api_key", "agent"] as const;
const GAUGES: readonly string[] = ["storage_gb", "concurrent_requests", "concurrent_executions"];

/** @throws TollgateError FIELD_INVALID */
export function parseLevel(tenant: string, principal: string): LevelName {
  const found = findLevel(tenant, principal);
  if (found !== undefined) return found;
  throw invalidField("principal", "tenant, or team:, user:, api_key: or agent: with one name");
}

/** One principal of a tenant by its written name; undefined for a pattern and for what is no level of it. */
export function findLevel(tenant: string, principal: string): LevelName | undefined {
  if (principal === "tenant" || principal === `tenant:${tenant}`) return { level: "tenant", name: tenant };
  const colon = principal.indexOf(":");
  const level = LEVELS.find((one) => one === principal.slice(0, colon));
  const name = principal.slice(colon + 1);
  return level === undefined || name === "" || name.includes("*") ? undefined : { level, name };
}

/** @throws TollgateError FIELD_INVALID: no quota has this name */
export function parseTarget(target: string): void {
  if (target === RATE || GAUGES.includes(target)) return;
  const parts = target.split(".");
  const [first = "", second = ""] = parts;
  const isCustom = first === "custom" && parts.length === 3 && second !== "" && isPeriod(parts[2]);
  const isWindow = parts.length === 2 && QUOTA_KEYS.some((key) => key === first) && isPeriod(second);
  if (isCustom || isWindow) return;
  throw invalidField(
    "target",
    `${RATE}, ${GAUGES.join(", ")}, custom.NAME.PERIOD, or one of ${QUOTA_KEYS.join(", ")} with .hour, .day or .month`,
  );
}

function isPeriod(text: string | undefined): boolean {
  return text === "hour" || text === "day" || text === "month";
}
