import type { PolicyDocument } from "../../domain/policy/document.ts";
import type { ToolEntry } from "../../domain/policy/tool-entry.ts";
import type { QuotasFile } from "../../domain/quotas/quotas-file.ts";

// What policy files hold, as it crosses from the thread that parses them: plain data with the place of every value.

export const DOCUMENT_KINDS = ["Baseline", "Tenant", "Prices", "Tools", "Quotas"] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Prices of one model in nano-USD: per million tokens of each kind, and per request. */
export interface PriceEntry {
  readonly provider: string;
  readonly model: string;
  readonly prices: {
    readonly tokens: { readonly [K in TokenPriceKey]?: bigint };
    readonly request: bigint;
  };
}

export type TokenPriceKey =
  | "input"
  | "output"
  | "cache_read"
  | "cache_write"
  | "cache_write_long"
  | "reasoning"
  | "audio_in"
  | "audio_out";

/** What models and named charges cost. */
export interface Prices {
  readonly models: readonly PriceEntry[];
  /** Nano-USD per unit. */
  readonly charges: ReadonlyMap<string, bigint>;
}

/** The tool catalogue. */
export interface Tools {
  readonly entries: readonly ToolEntry[];
  /** Where the schema of a tool stands, as messages begin: schemas are judged where they are compiled. */
  readonly schemaPlaces: ReadonlyMap<string, string>;
}

/** A `Baseline` or a `Tenant`: its values are judged where policies are compiled, its places tell where they stand. */
export interface TierDocument {
  readonly document: PolicyDocument;
  /** What messages call its file: with the whole path. */
  readonly file: string;
  /** Names content and place: equal hashes, equal documents. */
  readonly hash: string;
}

/** The file that holds what cannot be read, and everything that is wrong with it. */
export interface RefusedDocument {
  /** Name below the policy directory. */
  readonly name: string;
  readonly problems: readonly string[];
}

/** Everything read from the files of one instant, good or bad. */
export interface PolicyFiles {
  /** Names the content: equal files have equal hashes on any machine. */
  readonly hash: string;
  /** The same of what belongs to the platform. */
  readonly platformHash: string;
  readonly baseline: TierDocument | undefined;
  /** Good ones by tenant. */
  readonly tenants: ReadonlyMap<string, TierDocument>;
  /** Undefined without any `Prices` document. */
  readonly prices: Prices | undefined;
  /** Undefined without any `Tools` document. */
  readonly tools: Tools | undefined;
  readonly quotas: QuotasFile | undefined;
  /** What is wrong with documents of the platform, and with what cannot even be told. */
  readonly problems: readonly string[];
  /** What is wrong with the documents of a tenant. */
  readonly refusedTenants: ReadonlyMap<string, RefusedDocument>;
  /** Documents of tenants that do not say whose they are. */
  readonly unnamedTenants: readonly RefusedDocument[];
}

/** No file at all. */
export const NO_POLICY_FILES: PolicyFiles = Object.freeze({
  hash: "built-in",
  platformHash: "built-in",
  baseline: undefined,
  tenants: new Map(),
  prices: undefined,
  tools: undefined,
  quotas: undefined,
  problems: [],
  refusedTenants: new Map(),
  unnamedTenants: [],
});
