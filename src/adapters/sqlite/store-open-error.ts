// Why a store did not open. The texts are for operators; the codes are for programs and stay as they are.

export type StoreOpenCode =
  /** The directory cannot be made or is no directory. */
  | "BAD_DIRECTORY"
  | "READ_ONLY"
  | "NETWORK_FILE_SYSTEM"
  /** Another process holds the lock; the text names its host, pid and start. */
  | "LOCKED"
  | "NEEDS_NEWER_VERSION"
  /** Of a build before the first release: its rows are laid out otherwise. */
  | "TOO_OLD"
  /** The file does not open or prove and `onCorrupt` is `refuse`. */
  | "CORRUPT_REFUSED"
  | "DISK_FULL"
  | "INPUT_OUTPUT"
  /** A mistake of ours: anything the adapter did not foresee. */
  | "UNEXPECTED";

export class StoreOpenError extends Error {
  override readonly name = "StoreOpenError";
  readonly storeCode: StoreOpenCode;

  constructor(storeCode: StoreOpenCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.storeCode = storeCode;
  }
}
