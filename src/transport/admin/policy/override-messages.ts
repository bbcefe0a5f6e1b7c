import { formatUsd, parseUsd } from "../../../domain/amounts.ts";
import { invalidField } from "../../../domain/errors.ts";
import type { Adjustment } from "../../../domain/quotas/adjustment.ts";
import { formatLevel } from "../../../domain/quotas/levels.ts";
import { HOUR_MS } from "../../../domain/time.ts";
import { BYTES_PER_GIB, MIB_MILLIS_PER_GIB_HOUR } from "../../../engine/quotas/quota-settings.ts";
import type { Override, RateValue } from "../../../gen/tollgate/admin/v1/tenant_service_pb.ts";
import { timestampToProto } from "../../convert/times.ts";

// Values that stand beside the policy, on the wire: quotas as decimal text in the unit of their key.

/** Keys that are written with fractions, by the engine's unit of one. */
const SCALES: { readonly [key: string]: number } = {
  cpu_hours: HOUR_MS,
  memory_gb_hours: MIB_MILLIS_PER_GIB_HOUR,
  storage_gb: BYTES_PER_GIB,
};
const DECIMAL = /^\d{1,12}(\.\d{1,9})?$/;
const WHOLE = /^\d{1,19}$/;

/** What a policy holds for a quota. @throws TollgateError FIELD_INVALID */
export function quotaFromText(target: string, text: string): bigint | number {
  const [key = ""] = target.split(".");
  if (key === "cost_usd") {
    try {
      return parseUsd(text);
    } catch (thrown) {
      if (thrown instanceof RangeError) throw invalidField("quota", thrown.message);
      throw thrown;
    }
  }
  if (SCALES[key] !== undefined) {
    if (!DECIMAL.test(text))
      throw invalidField("quota", "must be a number of at least 0 with at most 9 decimals");
    return Number(text);
  }
  if (!WHOLE.test(text)) throw invalidField("quota", "must be a whole number of at least 0");
  return BigInt(text);
}

export function overrideToProto(adjustment: Adjustment): Override {
  const { tenant, level, target, rate, cause, by, sinceMs, untilMs } = adjustment;
  return {
    $typeName: "tollgate.admin.v1.Override",
    tenant,
    principal: level === "tenant" ? "tenant" : formatLevel(adjustment),
    target,
    value:
      rate === undefined
        ? { case: "quota", value: textOf(adjustment) }
        : { case: "rate", value: rateOf(rate) },
    ...(untilMs === undefined ? {} : { until: timestampToProto(untilMs) }),
    since: timestampToProto(sinceMs),
    by,
    automatic: cause === "auto_adjust",
  };
}

function textOf({ target, value }: Adjustment): string {
  const [key = ""] = target.split(".");
  if (key === "cost_usd") return formatUsd(value);
  const scale = SCALES[key];
  return scale === undefined ? String(value) : String(Number(value) / scale);
}

function rateOf({ rps, burst }: { readonly rps: number; readonly burst: number }): RateValue {
  return { $typeName: "tollgate.admin.v1.RateValue", rps, burst };
}
