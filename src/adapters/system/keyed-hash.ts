import { createHmac } from "node:crypto";

/** 128 bits, as hexadecimal text: as long as a digest. */
const HASH_CHARACTERS = 32;

/**
 * A hash that only this installation can make: equal texts are seen to be equal, and nobody who reads one can try texts until
 * one fits.
 */
export function createKeyedHash(installationKey: Uint8Array): (text: string) => string {
  // A key of its own: the file's is also what proves its rows.
  const key = createHmac("sha256", installationKey).update("keyed hash of findings").digest();
  return (text) => createHmac("sha256", key).update(text).digest("hex").slice(0, HASH_CHARACTERS);
}
