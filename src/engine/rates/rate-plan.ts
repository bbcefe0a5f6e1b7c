import type { AdjustmentTable } from "../adjustments/adjustment-table.ts";
import { planFile } from "./plan-file.ts";
import { planLayer } from "./plan-layer.ts";
import type { RateAsker, RateCheck } from "./rate-check.ts";
import type { PlatformRates, RateSettings } from "./rate-settings.ts";

// Which buckets a request takes from, and how fast each fills. Two sources, and all their buckets must pass: the `rates` of
// the tiers, and the platform's file.

/**
 * @param layers the ceilings of the platform, where there are any, then what is in force. Each must pass, so that a
 * tenant's multiplier cannot pass a baseline's rate.
 */
export function planRates(
  layers: readonly RateSettings[],
  platform: PlatformRates,
  asker: RateAsker,
  adjustments: AdjustmentTable,
): readonly RateCheck[] {
  // Adjustments stand in the place of what is in force: the ceilings stay.
  const written = layers.length === 0 && adjustments.size > 0 ? [NO_RATES] : layers;
  const plans = written.map((layer, at) =>
    planLayer(layer, `rates ${at}`, asker, at === written.length - 1 ? adjustments : undefined),
  );
  const checks = plans.flatMap((plan, at) => {
    const stricter = plans.slice(at + 1).flatMap((later) => later.checks);
    return plan.checks.filter((one) => !stricter.some((other) => implies(other, one)));
  });
  const file = planFile(
    platform,
    asker,
    plans.some(({ namesLevel }) => namesLevel),
  );
  return file === undefined ? checks : [...checks, file];
}

const NO_RATES: RateSettings = Object.freeze({});

/** Whether what one bucket admits the other does, because both see the same requests. */
function implies(strict: RateCheck, loose: RateCheck): boolean {
  return (
    strict.principal === loose.principal &&
    !strict.hasRoutes &&
    !loose.hasRoutes &&
    strict.shadow === loose.shadow &&
    strict.rate.rps <= loose.rate.rps &&
    strict.rate.burst <= loose.rate.burst
  );
}
