// The policy as operators change it: what the door of operators needs of whoever keeps it.

export type PolicyKind = "Baseline" | "Tenant" | "Prices" | "Tools" | "Quotas";
export type PolicyOrigin = "file" | "api";

export interface PolicyInfo {
  readonly kind: PolicyKind;
  /** Undefined for what belongs to the platform. */
  readonly tenant: string | undefined;
  readonly origin: PolicyOrigin;
  readonly name: string;
  readonly etag: string;
  readonly state: "in_force" | "stale" | "invalid";
  readonly problems: readonly string[];
  /** Of what is kept. */
  readonly kept: { readonly version: number; readonly atMs: number; readonly by: string } | undefined;
}

/** Something wrong with a text; from 1, 0 when it is about the whole text. */
export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** One value that two policies differ in; JSON text, undefined where it is not written. */
export interface PolicyDifference {
  readonly kind: PolicyKind;
  readonly tenant: string | undefined;
  readonly origin: PolicyOrigin;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface PolicyReload {
  readonly changed: boolean;
  readonly problems: readonly string[];
  readonly stale: readonly string[];
}

/** What every change carries. */
export interface PolicyWrite {
  readonly tenant: string;
  /** That the kept document must have; empty: none may be kept; undefined: any. */
  readonly etag: string | undefined;
  readonly note: string | undefined;
  readonly by: string;
  /**
   * Called in the turn that puts it in force, with the document that is kept then, if any: what it writes is in the same cut.
   * `isChange` is false when the document was kept already.
   */
  readonly done: (kept: PolicyInfo | undefined, isChange: boolean) => void;
}

export interface PolicyAdmin {
  list(): readonly PolicyInfo[];
  /** The document and its text. @throws TollgateError POLICY_NOT_FOUND */
  get(
    kind: PolicyKind,
    tenant: string | undefined,
    origin: PolicyOrigin | undefined,
  ): PolicyInfo & { readonly text: string };
  /** JSON text. */
  schema(kind: PolicyKind): Promise<string>;
  validate(text: string): Promise<readonly PolicyProblem[]>;
  /** In force when it resolves. @throws TollgateError FIELD_INVALID with every problem · ETAG_MISMATCH · POLICIES_FULL */
  put(write: PolicyWrite, text: string): Promise<void>;
  /** Replaces one section of the kept document; undefined takes it out. @throws as `put` */
  putSection(write: PolicyWrite, section: string, value: unknown): Promise<void>;
  /** @throws TollgateError POLICY_NOT_FOUND · ETAG_MISMATCH */
  remove(write: PolicyWrite): Promise<void>;
  /** Keeps nothing when the version deleted the document. @throws as `put`; POLICY_NOT_FOUND */
  rollback(write: PolicyWrite, version: number): Promise<void>;
  /** @throws TollgateError POLICY_NOT_FOUND for an etag that is not remembered */
  diff(
    from: string,
    to: string | undefined,
    tenant: string | undefined,
  ): Promise<readonly PolicyDifference[]>;
  reload(): Promise<PolicyReload>;
}
