// What a policy directory holds, as it crosses from the thread that parses it: plain data, no position is left.

export interface PolicyFile {
  /** Name below the policy directory. */
  readonly name: string;
  readonly text: string;
}

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

export interface PolicyDocuments {
  /** Names the content: equal directories have equal etags on any machine. */
  readonly etag: string;
  /** Undefined without any `Prices` document. */
  readonly prices: readonly PriceEntry[] | undefined;
}

/** What the parsing thread answers. */
export type ParsedPolicy =
  | { readonly kind: "parsed"; readonly documents: PolicyDocuments }
  | { readonly kind: "refused"; readonly problems: readonly string[] };
