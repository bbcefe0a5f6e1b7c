// The `version: 1` file of rates, as a value: what `TOLLGATE_QUOTAS` names or a `Quotas` document holds.

export interface QuotasFileRate {
  /** Requests per second. */
  readonly rps: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

export interface QuotasFileEntry extends QuotasFileRate {
  /** `tenant:acme-corp`, `team:…`, `user:…`, `api_key:…`, `agent:…`, or `ip:` with an address or a range. */
  readonly principal: string;
  /** Kept and shown. */
  readonly description?: string | undefined;
  /** Where it stands in its file, from 1. */
  readonly line?: number | undefined;
}

export interface QuotasFile {
  /** Its path, as messages name it. */
  readonly document?: string | undefined;
  readonly defaults: QuotasFileRate | undefined;
  readonly principals: readonly QuotasFileEntry[];
  /** By route: what `rps` and `burst` are multiplied with. */
  readonly endpointMultipliers: { readonly [route: string]: number };
}
