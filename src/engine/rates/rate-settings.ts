import type { PolicySettings } from "../../domain/policy/section-fields.ts";
import type { QuotasFile, QuotasFileRate } from "../../domain/quotas/quotas-file.ts";

/** `rates` of one tier or of all of them met: by principal, `provider:openai` and `ip:203.0.113.0/24` among them. */
export type RateSettings = PolicySettings["rates"];
export type RateEntry = RateSettings[string];

/** What the platform says about speed beside the tiers. */
export interface PlatformRates {
  readonly file: QuotasFile | undefined;
  /** Where nothing else says anything: `TOLLGATE_DEFAULT_RPS`, `TOLLGATE_DEFAULT_BURST`. Undefined = no bound. */
  readonly fallback: QuotasFileRate | undefined;
}

export const NO_PLATFORM_RATES: PlatformRates = Object.freeze({ file: undefined, fallback: undefined });
