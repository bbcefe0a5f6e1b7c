// Bounds on what is read as JSON, and what is wrong with a text that is refused. A text of 9 MB can become 200 MB of
// values, and 100,000 brackets overflow a stack: the bounds are judged while reading, never afterwards.

export interface JsonCaps {
  /** Bytes of the text as UTF-8. */
  readonly maxBytes: number;
  /** Objects and arrays inside one another; a scalar has depth 0. */
  readonly maxDepth: number;
  /** Values of any kind, the root and every object and array included. */
  readonly maxNodes: number;
  /** Digits of one number as it is spelled, its exponent included. */
  readonly maxDigits: number;
  /** UTF-16 units of one name. */
  readonly maxKeyLength: number;
  /** UTF-16 units of one string. */
  readonly maxStringLength: number;
}

/** What arguments of tools and other requests may be. */
export const REQUEST_JSON_CAPS: JsonCaps = Object.freeze({
  maxBytes: 262_144,
  maxDepth: 64,
  maxNodes: 50_000,
  maxDigits: 40,
  maxKeyLength: 1_024,
  maxStringLength: 262_144,
});

/** What outputs of tools may be: as long as a message, otherwise as requests. */
export const OUTPUT_JSON_CAPS: JsonCaps = Object.freeze({
  ...REQUEST_JSON_CAPS,
  maxBytes: 1_048_576,
  maxStringLength: 1_048_576,
});

export type JsonIssueKind =
  | "syntax"
  | "encoding"
  | "bytes"
  | "depth"
  | "nodes"
  | "digits"
  | "key_length"
  | "string_length"
  | "duplicate_key"
  | "forbidden_key"
  | "number_range";

/** Why a text is no document. `message` names the bound and the place, never what stands there. */
export interface JsonIssue {
  readonly kind: JsonIssueKind;
  readonly message: string;
  /** UTF-16 units before the place. */
  readonly offset: number;
}
