/** Side-effect classes, the mildest first. */
export const SIDE_EFFECTS = ["read_only", "write", "destructive"] as const;
export type SideEffect = (typeof SIDE_EFFECTS)[number];

/** What the tool catalogue (a `Tools` document) says of one tool. Absent: it says nothing. */
export interface ToolEntry {
  readonly name: string;
  /** JSON Schema of the arguments, as parsed from the document. */
  readonly schema?: { readonly [keyword: string]: unknown } | boolean | undefined;
  readonly side_effect?: SideEffect | undefined;
  /** Calling it twice does no more than calling it once. */
  readonly idempotent?: boolean | undefined;
  /** It only finds out what other tools there are: it counts in the discovery budget. */
  readonly discovery?: boolean | undefined;
  /** Top-level arguments that do not make two calls different. */
  readonly volatile_fields?: readonly string[] | undefined;
  readonly timeout_ms?: number | undefined;
}
