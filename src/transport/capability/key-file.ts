import { readFile, stat } from "node:fs/promises";
import { TollgateError } from "../../domain/errors.ts";

// The public keys that capability tokens are signed with: a JWKS file, read again when it changes.

/** One public key, as the file has it. */
export interface PublicKey {
  readonly kty: string;
  readonly crv: string;
  readonly [member: string]: unknown;
}

export interface KeyFile {
  /** The keys in force; the same value as long as the file does not change. */
  read(): Promise<readonly PublicKey[]>;
}

export interface KeyFileObserver {
  /** What is in force stays in force. Called once per version of the file. */
  keysRefused(cause: unknown): void;
}

/** Bytes of a JWKS file: hundreds of keys. */
const KEY_FILE_MAX_BYTES = 65_536;
/** Milliseconds between two looks at the file. */
const LOOK_EVERY_MS = 1_000;

/** Signing a token with anything else would be refused, so a file that holds nothing else is a mistake. */
const CURVES: ReadonlyMap<string, string> = new Map([
  ["OKP", "Ed25519"],
  ["EC", "P-256"],
]);

/** A file that is not there holds no keys; one that cannot be read as keys leaves those that were read before. */
export function openKeyFile(path: string, monoMs: () => number, observer: KeyFileObserver): KeyFile {
  let keys: readonly PublicKey[] = [];
  let version = "";
  let lookedMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    try {
      const found = await stat(path, { bigint: true });
      const seen = `${found.ino} ${found.size} ${found.mtimeNs}`;
      if (seen === version) return;
      // Told once: the next look at the same version says nothing.
      version = seen;
      if (found.size > KEY_FILE_MAX_BYTES) throw new RangeError(`longer than ${KEY_FILE_MAX_BYTES} bytes`);
      keys = parseKeys(await readFile(path, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        // Taking the file away takes the keys away.
        keys = [];
        version = "";
        return;
      }
      observer.keysRefused(error);
    } finally {
      lookedMs = monoMs();
      looking = undefined;
    }
  };

  return {
    read: async () => {
      if (monoMs() - lookedMs >= LOOK_EVERY_MS) looking ??= look();
      await looking;
      return keys;
    },
  };
}

/** @throws TollgateError FIELD_INVALID when it is no JWKS with at least one key for EdDSA or ES256 */
export function parseKeys(text: string): readonly PublicKey[] {
  const parsed = parseObject(text);
  const listed = parsed?.["keys"];
  if (!Array.isArray(listed)) throw refused('must be JSON with a list "keys"');
  const keys = listed.filter(isVerifying);
  if (keys.length === 0) throw refused("holds no public key for EdDSA (OKP, Ed25519) or ES256 (EC, P-256)");
  return keys;
}

function parseObject(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as { [name: string]: unknown }) : undefined;
  } catch {
    // The parser's text would quote the file.
    return undefined;
  }
}

/** Private keys have no business here: with one of them anybody who reads the file could sign. */
function isVerifying(key: unknown): key is PublicKey {
  if (typeof key !== "object" || key === null) return false;
  const { kty, crv, d, use } = key as { readonly [member: string]: unknown };
  const curve = typeof kty === "string" ? CURVES.get(kty) : undefined;
  return curve !== undefined && crv === curve && d === undefined && (use === undefined || use === "sig");
}

function refused(must: string): TollgateError {
  return new TollgateError("FIELD_INVALID", `capability keys: the file ${must}`);
}
