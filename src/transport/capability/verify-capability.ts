import type * as JoseModule from "jose";
import type { Capability, CapabilityClaims } from "../../engine/guards/guard.ts";
import type { KeyFile, PublicKey } from "./key-file.ts";

// Capability tokens: compact JWS. Signature, audience and times are judged here, what the claims allow by the guard.

type Jose = typeof JoseModule;
type KeySet = ReturnType<Jose["createLocalJWKSet"]>;

/** No `none`, and nothing with a secret that agents could share. */
const ALGORITHMS = ["EdDSA", "Ed25519", "ES256"];
const AUDIENCE = "tollgate";
/** Seconds that a token may live from now on: what is lost with one is an hour. */
const LIFE_MAX_SECONDS = 3_600;
/** Seconds that the clock of who signed may be ahead. */
const AHEAD_SECONDS = 5;
/** Bytes of a token. */
const TOKEN_MAX_BYTES = 8_192;
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const MAX_TOOLS = 64;
const CLASSES: readonly string[] = ["read_only", "write", "destructive"];

/** The function that verifies tokens. The library is loaded with the first one. */
export function createCapabilityVerifier(
  keyFile: KeyFile,
  wallMs: () => number,
): (token: string) => Promise<Capability> {
  let jose: Promise<Jose> | undefined;
  let known: { readonly keys: readonly PublicKey[]; readonly set: KeySet } | undefined;
  return async (token) => {
    if (token.length > TOKEN_MAX_BYTES || !TOKEN.test(token)) return { refused: "no compact JWS" };
    const keys = await keyFile.read();
    if (keys.length === 0) return { refused: "no keys for capability tokens are configured" };
    jose ??= import("jose");
    const library = await jose;
    if (known?.keys !== keys) known = { keys, set: library.createLocalJWKSet({ keys: [...keys] }) };
    return verify(library, known.set, token, wallMs());
  };
}

async function verify(jose: Jose, keys: KeySet, token: string, nowMs: number): Promise<Capability> {
  const options = {
    algorithms: ALGORITHMS,
    audience: AUDIENCE,
    currentDate: new Date(nowMs),
    requiredClaims: ["exp", "sub", "tenant", "tools", "classes"],
  };
  try {
    const { payload } = await verifyWithAny(jose, keys, token, options);
    return claimsOf(payload, nowMs);
  } catch (error) {
    return { refused: faultOf(jose, error) };
  }
}

type VerifyOptions = NonNullable<Parameters<Jose["jwtVerify"]>[2]>;

/** A token that does not name its key is tried with all that fit. */
async function verifyWithAny(jose: Jose, keys: KeySet, token: string, options: VerifyOptions) {
  try {
    return await jose.jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof jose.errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jose.jwtVerify(token, key, options);
      } catch (failure) {
        if (!(failure instanceof jose.errors.JWSSignatureVerificationFailed)) throw failure;
      }
    }
    throw new jose.errors.JWSSignatureVerificationFailed();
  }
}

/** In a few words, none of them from the token. */
function faultOf({ errors }: Jose, error: unknown): string {
  if (error instanceof errors.JWTExpired) return "expired";
  if (error instanceof errors.JWTClaimValidationFailed) return `claim ${error.claim}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "signature";
  if (error instanceof errors.JOSEAlgNotAllowed) return "algorithm is not EdDSA or ES256";
  if (error instanceof errors.JWKSNoMatchingKey) return "no key with its id";
  if (error instanceof errors.JOSEError) return "no compact JWS";
  throw error;
}

function claimsOf(payload: { readonly [claim: string]: unknown }, nowMs: number): Capability {
  const { exp, iat, sub, tenant, tools, classes, execution, jti } = payload;
  const now = nowMs / 1_000;
  if (typeof exp !== "number" || exp - now > LIFE_MAX_SECONDS)
    return { refused: "lives longer than an hour" };
  if (iat !== undefined && !(typeof iat === "number" && iat - now <= AHEAD_SECONDS))
    return { refused: "claim iat" };
  if (!isText(sub)) return { refused: "claim sub" };
  if (!isText(tenant)) return { refused: "claim tenant" };
  if (!isTexts(tools) || tools.length > MAX_TOOLS) return { refused: "claim tools" };
  if (!isTexts(classes) || !classes.every((word) => CLASSES.includes(word)))
    return { refused: "claim classes" };
  if (execution !== undefined && !isText(execution)) return { refused: "claim execution" };
  if (jti !== undefined && !isText(jti)) return { refused: "claim jti" };
  const claims: CapabilityClaims = {
    subject: sub,
    tenant,
    execution,
    tools,
    classes,
    id: jti,
    expiresAtMs: exp * 1_000,
  };
  return { claims };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= 256;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length >= 1 && value.every(isText);
}
