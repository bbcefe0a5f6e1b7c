// What the probe answers, as JSON: names and values are those of docs/operate.md.

/** Where the daemon is in its life. */
export type DaemonPhase = "loading" | "serving" | "draining";
export type StoreState = "ok" | "failing" | "blocking";

export interface HealthBody {
  readonly status: "ok";
  readonly checks: {
    readonly api: DaemonPhase;
    readonly metrics: "ok";
    readonly engine: "ok" | "loading";
    readonly store: StoreState | "loading";
    readonly policy: { readonly available: boolean; readonly decisions: number };
  };
  /** RFC 3339. */
  readonly timestamp: string;
}

export interface ReadyBody extends Omit<HealthBody, "status"> {
  readonly status: "ok" | "unavailable";
  readonly policy?: {
    readonly total_decisions: number;
    readonly allow_count: number;
    readonly deny_count: number;
    readonly policy_etag: string;
    readonly last_reload_error: string | null;
    readonly stale_documents: readonly string[];
  };
  readonly store?: {
    readonly state: StoreState;
    readonly store_id: string;
    readonly file_bytes: number;
    readonly wal_bytes: number;
    readonly cut_in_flight: boolean;
    readonly last_durable_cut: number;
    readonly durable_lag_ms: number;
    readonly uncertain: number;
  };
  readonly streams?: number;
  readonly watchers?: number;
  /** RUNNING, PAUSED and HALTED. */
  readonly executions?: number;
  readonly mode?: "full" | "degraded";
}
