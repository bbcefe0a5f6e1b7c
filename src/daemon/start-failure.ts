import { StoreOpenError } from "../adapters/sqlite/store-open-error.ts";
import { NoRoomError } from "../engine/rows/start/no-room-error.ts";
import { SocketError } from "../transport/sockets/socket-file.ts";

export type StartFailureKind = "settings" | "address" | "store" | "damage" | "locked";

/** The daemon cannot start for a reason that its operator can change; the text says which. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly kind: StartFailureKind;

  constructor(kind: StartFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const DAMAGE_CODES: readonly string[] = ["CORRUPT_REFUSED", "NEEDS_NEWER_VERSION", "TOO_OLD"];
/** Errors of the system that mean: this address cannot be had. */
const ADDRESS_CODES: readonly string[] = [
  "EEXIST",
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "ENOENT",
  "ENOTDIR",
  "EROFS",
  "ENOTFOUND",
];

/** What of a failed start its operator can change; anything else stays as it was thrown. */
export function failureFrom(thrown: unknown): unknown {
  if (thrown instanceof StoreOpenError) {
    if (thrown.storeCode === "UNEXPECTED") return thrown;
    const kind =
      thrown.storeCode === "LOCKED" ? "locked" : DAMAGE_CODES.includes(thrown.storeCode) ? "damage" : "store";
    return new StartFailure(kind, thrown.message, { cause: thrown });
  }
  if (thrown instanceof NoRoomError) return new StartFailure("settings", thrown.message, { cause: thrown });
  if (thrown instanceof SocketError) return new StartFailure("address", thrown.message, { cause: thrown });
  const { code, syscall = "", message } = thrown as NodeJS.ErrnoException;
  if (
    ["listen", "mkdir", "getaddrinfo"].includes(syscall) &&
    code !== undefined &&
    ADDRESS_CODES.includes(code)
  ) {
    return new StartFailure("address", message, { cause: thrown });
  }
  return thrown;
}
