/** Who is told what went wrong at the doors. Called once per event; must not throw. */
export interface TransportObserver {
  /** A mistake of ours in a call: the caller was told INTERNAL and nothing of the cause. */
  internalError(method: string, cause: unknown): void;
  /** A connection was closed by the server: no first bytes, or too many are open. */
  connectionRefused(listener: string, why: "no_first_bytes" | "too_many"): void;
  /** The file could not be asked for a completed execution: it was treated as unknown. */
  lookupFailed(cause: unknown): void;
}

export const SILENT_OBSERVER: TransportObserver = Object.freeze({
  internalError: () => undefined,
  connectionRefused: () => undefined,
  lookupFailed: () => undefined,
});
