// The file, as the engine and the loops around it see it. Adapters: sqlite (the product), memory (tests, embedded use).

/** Tables that hold one image per key; the key is a place in the engine's arrays and is used again when it is freed. */
export const STATE_TABLES = [
  "executions",
  "execution_texts",
  "execution_events",
  "loops",
  "windows",
  "window_texts",
  "reservations",
  "requests",
  "reporters",
  "reporter_texts",
  "approvals",
  "facts",
  "rate_buckets",
  "rate_bucket_texts",
  "rule_counts",
  "storage_gauges",
  "guard_sessions",
  "tool_calls",
  "adjustments",
  "spent_capabilities",
  "kept_policies",
] as const;
export type StateTable = (typeof STATE_TABLES)[number];

/** Tables whose rows are only added, in order, until retention takes them. */
export const APPEND_TABLES = [
  "violations",
  "audit",
  "completed_executions",
  "outcomes",
  "resolved_approvals",
] as const;
export type AppendTable = (typeof APPEND_TABLES)[number];

/** Days that appended rows are kept. */
export const RETENTION_DAYS: { readonly [T in AppendTable]: number } = {
  violations: 90,
  audit: 365,
  completed_executions: 7,
  outcomes: 90,
  resolved_approvals: 90,
};

/**
 * One consistent image of everything that changed in one generation, as packed records:
 * `u8 operation, u8 table, u16 0, u32 length, f64 key, length bytes, padding to a multiple of 8` (little endian).
 * `table` is the index in STATE_TABLES, for an append in APPEND_TABLES; keys and sequences are whole numbers below 2^53.
 * Operation 1 puts a state row, 2 deletes one (length 0), 3 appends a row whose key is its sequence; the same sequence
 * again replaces the row. An appended row is JSON text `{"at_ms", "tenant", "subject", "kind", "body"}` of at most 64 KiB;
 * `body` is any JSON value. Records are applied in their order. Reader and packer: cut-records.ts.
 */
export interface Cut {
  /** Grows by 1; the store refuses a number that is not above the last one in the file. */
  readonly number: number;
  readonly records: ArrayBuffer;
  /** Bytes of `records` in use. */
  readonly byteLength: number;
  readonly rowCount: number;
  readonly bootId: string;
  readonly monoMs: number;
  readonly wallMs: number;
}

export const RECORD_PUT = 1;
export const RECORD_DELETE = 2;
export const RECORD_APPEND = 3;
export const RECORD_HEADER_BYTES = 16;

export interface CutReceipt {
  readonly number: number;
  /** Time that COMMIT took, and that writing the mark took, ms. */
  readonly commitMs: number;
  readonly markMs: number;
  /** The buffer of the cut, handed back to be used again. */
  readonly records: ArrayBuffer;
}

/**
 * A cut that could not be made durable. The file holds nothing of it, or (when only the mark failed) all of it: writing its
 * rows again under a later number is harmless either way. The buffer comes back so that appends are not lost; it is empty
 * only when the writer itself has died, and then only a restart helps.
 */
export class CutFailed extends Error {
  readonly records: ArrayBuffer;
  override readonly name = "CutFailed";
  /** Short text for operators, without paths: `disk full`, `the file has reached its size limit`, `input/output error` … */
  override readonly cause: string;
  constructor(cause: string, records: ArrayBuffer) {
    super(`cut failed: ${cause}`);
    this.cause = cause;
    this.records = records;
  }
}

/** A query that could not be answered: the store is closed, or its file cannot be read. */
export class QueryFailed extends Error {
  override readonly name = "QueryFailed";
}

/** Rows that one query returns at most. */
export const MAX_QUERY_ROWS = 1_000;

export interface StoreStatus {
  readonly state: "ok" | "failing";
  readonly failure: string | undefined;
  readonly storeId: string;
  readonly fileBytes: number;
  readonly walBytes: number;
  readonly lastDurableCut: number;
}

export interface AppendedRow {
  readonly sequence: number;
  readonly atMs: number;
  readonly tenant: string;
  /** Execution id, or what else the row is about. */
  readonly subject: string;
  readonly kind: string;
  /** JSON text. */
  readonly body: string;
  /** True when the row does not prove: its sequence is all that is known, its kind is `damaged`, its body `null`. */
  readonly damaged?: true;
}

export interface AppendQuery {
  readonly table: AppendTable;
  readonly tenant?: string;
  readonly subject?: string;
  /** Only rows with a lower sequence: rows come newest first. */
  readonly before?: number;
  readonly limit: number;
}

export interface CutStore {
  /** Resolves when the cut is durable (COMMIT, then mark); cuts are written one after the other. @throws CutFailed */
  write(cut: Cut): Promise<CutReceipt>;
  /** Reads on a connection of its own, off the main thread, newest first, at most 1,000 rows a call. @throws QueryFailed */
  query(query: AppendQuery): Promise<readonly AppendedRow[]>;
  status(): StoreStatus;
  /** Waits for the last write, checkpoints, closes. Idempotent. */
  close(): Promise<void>;
}

/** What was lost: cuts `from` to `to` were acknowledged once and are not in the file. */
export interface Hole {
  /** First and last missing cut; `to` is undefined when the size is unknown (rows but no mark). */
  readonly fromCut: number;
  readonly toCut: number | undefined;
  /** Between these instants what is missing was made, as far as known. */
  readonly fromWallMs?: number;
  readonly toWallMs?: number;
  readonly text: string;
}

/**
 * What a store held when it was opened. Findings (hole, damaged, unproved, setAside) are told again at every start until
 * the first cut after them is in the file: so what they concern must be marked in that cut. A damaged row that could stay in
 * the file (nothing was set aside) is told until its key is put or deleted.
 */
export interface Loaded {
  readonly storeId: string;
  /** True when the file holds no cut yet: it was made at this start, or before and never written to. */
  readonly fresh: boolean;
  /** The last cut in the file; 0 in a fresh one. */
  readonly lastCut: number;
  /** The number of the next cut: above the largest ever acknowledged, also when that one was lost. */
  readonly nextCut: number;
  readonly lastCutAt:
    | { readonly bootId: string; readonly monoMs: number; readonly wallMs: number }
    | undefined;
  readonly hole: Hole | undefined;
  /** Rows that do not prove: their table and key. Their images are not among `rows`. */
  readonly damaged: readonly { readonly table: StateTable; readonly key: number }[];
  /** The set hash of these tables does not prove though no single row could be named. */
  readonly unproved: readonly StateTable[];
  /** A file was set aside because it did not open or prove: its new name. */
  readonly setAside: string | undefined;
  /** All state rows as put records, packed as in a cut; none where a receiver took them. */
  readonly rows: readonly RowChunk[];
  /** Random, secret and the same for the life of the file: what keyed hashes are made with. Absent: there is none. */
  readonly installationKey?: Uint8Array;
  /** Highest sequence of each append table. */
  readonly lastSequences: { readonly [T in AppendTable]: number };
}

export interface RowChunk {
  readonly records: ArrayBuffer;
  readonly byteLength: number;
}

/** What is known of a file before its rows are read. */
export type LoadedHead = Pick<Loaded, "lastCutAt" | "installationKey">;

/**
 * Takes the state rows of a file while they are read. Each row proves by itself; whether a table lacks one is known only when
 * all of it was read. So what came is void when it begins again, and stands when the store is open.
 */
export interface RowReceiver {
  begin(head: LoadedHead): void;
  take(chunk: RowChunk): void;
}
