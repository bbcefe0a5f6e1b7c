import { hash } from "node:crypto";
import type { Digest } from "../../ports/digest.ts";

/** 128 bits of SHA-256, as hexadecimal text. */
const DIGEST_CHARACTERS = 32;

export const systemDigest: Digest = {
  digest128: (text) => hash("sha256", text, "hex").slice(0, DIGEST_CHARACTERS),
};
