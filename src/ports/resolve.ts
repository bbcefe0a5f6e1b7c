/** Names that one call has resolved: more is no answer, so that nobody makes the daemon a tool of others. */
export const RESOLVE_MAX_NAMES = 8;
/** Milliseconds for all names of a call together: a decision that waits longer is no guard but a hindrance. */
export const RESOLVE_TIMEOUT_MS = 100;
/** Addresses of one name that are told. */
export const RESOLVE_MAX_ADDRESSES = 32;

/** Finds the addresses of names, for decisions that pin them. */
export interface NameResolver {
  /**
   * Addresses of each name as text, versions 4 and 6. A name that has none, that gave no answer in time, or that is one too
   * many has an empty list. Never rejects. Names are lower case, ASCII, without a dot at the end.
   */
  resolve(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Ends what is under way; every answer after it is empty. */
  close(): void;
}
