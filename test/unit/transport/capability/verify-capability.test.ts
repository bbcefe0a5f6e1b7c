import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openKeyFile, parseKeys } from "../../../../src/transport/capability/key-file.ts";
import { createCapabilityVerifier } from "../../../../src/transport/capability/verify-capability.ts";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;

const now = 1_700_000_000;
const claims = { tenant: "acme", tools: ["pay.*"], classes: ["write"] };
let folder = "";
let ed: Pair;
let ec: Pair;
let stranger: Pair;
let edKey: JWK;
let ecKey: JWK;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-keys-"));
  [ed, ec, stranger] = await Promise.all([
    generateKeyPair("EdDSA", { extractable: true }),
    generateKeyPair("ES256", { extractable: true }),
    generateKeyPair("EdDSA", { extractable: true }),
  ]);
  edKey = { ...(await exportJWK(ed.publicKey)), kid: "ed" };
  ecKey = { ...(await exportJWK(ec.publicKey)), kid: "ec" };
});

afterAll(() => rm(folder, { recursive: true }));

function verifierOf(keys: readonly JWK[]) {
  const parsed = keys.length === 0 ? [] : parseKeys(JSON.stringify({ keys }));
  return createCapabilityVerifier({ read: () => Promise.resolve(parsed) }, () => now * 1_000);
}

interface Signing {
  readonly payload?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly audience?: string;
  readonly expiresAt?: number;
  readonly subject?: string;
}

function sign(pair: Pair, alg: string, { payload, header, audience, expiresAt, subject }: Signing = {}) {
  return new SignJWT({ ...claims, ...payload })
    .setProtectedHeader({ alg, ...header })
    .setAudience(audience ?? "tollgate")
    .setSubject(subject ?? "agent-1")
    .setExpirationTime(expiresAt ?? now + 600)
    .sign(pair.privateKey);
}

describe("a token that is genuine", () => {
  test("gives its claims", async () => {
    const token = await sign(ed, "EdDSA", {
      header: { kid: "ed" },
      payload: { jti: "t-1", execution: "run-1" },
    });
    expect(await verifierOf([edKey, ecKey])(token)).toEqual({
      claims: {
        subject: "agent-1",
        tenant: "acme",
        execution: "run-1",
        tools: ["pay.*"],
        classes: ["write"],
        id: "t-1",
        expiresAtMs: (now + 600) * 1_000,
      },
    });
  });

  test.each([
    ["ES256 by key id", () => sign(ec, "ES256", { header: { kid: "ec" } })],
    ["without a key id", () => sign(ec, "ES256")],
    ["alive for exactly an hour", () => sign(ed, "EdDSA", { expiresAt: now + 3_600 })],
    ["signed just now by a clock that is ahead", () => sign(ed, "EdDSA", { payload: { iat: now + 5 } })],
  ])("%s", async (_, make) => {
    expect(await verifierOf([edKey, ecKey])(await make())).toHaveProperty("claims");
  });

  test("is tried with every key that fits when it names none", async () => {
    const other = { ...(await exportJWK(stranger.publicKey)), kid: "other" };
    const verify = verifierOf([other, edKey]);
    expect(await verify(await sign(ed, "EdDSA"))).toHaveProperty("claims");
    expect(await verifierOf([other, { ...other, kid: "twin" }])(await sign(ed, "EdDSA"))).toEqual({
      refused: "signature",
    });
  });
});

describe("a token that is refused", () => {
  const wrong = (payload: Record<string, unknown>) => () => sign(ed, "EdDSA", { payload });

  test.each([
    ["of a stranger", () => sign(stranger, "EdDSA", { header: { kid: "ed" } }), "signature"],
    ["of an unknown key", () => sign(ed, "EdDSA", { header: { kid: "lost" } }), "no key with its id"],
    ["for somebody else", () => sign(ed, "EdDSA", { audience: "other" }), "claim aud"],
    ["expired", () => sign(ed, "EdDSA", { expiresAt: now }), "expired"],
    ["alive too long", () => sign(ed, "EdDSA", { expiresAt: now + 3_601 }), "lives longer than an hour"],
    ["not yet valid", wrong({ nbf: now + 60 }), "claim nbf"],
    ["signed in the future", wrong({ iat: now + 60 }), "claim iat"],
    ["without a tenant", wrong({ tenant: undefined }), "claim tenant"],
    ["with another kind of tenant", wrong({ tenant: 5 }), "claim tenant"],
    ["without tools", wrong({ tools: [] }), "claim tools"],
    ["with a text for tools", wrong({ tools: "pay.*" }), "claim tools"],
    ["with too many tools", wrong({ tools: Array.from({ length: 65 }, () => "a") }), "claim tools"],
    ["with an unknown class", wrong({ classes: ["all"] }), "claim classes"],
    ["with an empty id", wrong({ jti: "" }), "claim jti"],
    ["with another kind of execution", wrong({ execution: 1 }), "claim execution"],
    ["with an empty subject", () => sign(ed, "EdDSA", { subject: "" }), "claim sub"],
  ])("%s", async (_, make, refused) => {
    expect(await verifierOf([edKey, ecKey])(await make())).toEqual({ refused });
  });

  test.each([
    ["an unsigned one", { alg: "none" }],
    ["one with a shared secret", { alg: "HS256" }],
    ["one with RSA", { alg: "RS256" }],
  ])("%s", async (_, header) => {
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const body = { ...claims, aud: "tollgate", sub: "a", exp: now + 60 };
    const token = `${encode(header)}.${encode(body)}.${encode("x")}`;
    expect(await verifierOf([edKey, ecKey])(token)).toEqual({ refused: "algorithm is not EdDSA or ES256" });
  });

  test.each(["", "a.b", "a.b.c.d", "a b.c.d", "x.y.z", "e30.e30.", `${"a".repeat(9_000)}.b.c`])(
    "%#: something else",
    async (token) => {
      expect(await verifierOf([edKey])(token)).toHaveProperty("refused");
    },
  );

  test("any, where there are no keys", async () => {
    expect(await verifierOf([])(await sign(ed, "EdDSA"))).toEqual({
      refused: "no keys for capability tokens are configured",
    });
  });
});

describe("the file of keys", () => {
  test("holds public keys for EdDSA and ES256, all others are left out", async () => {
    const rsa = { kty: "RSA", n: "x", e: "AQAB" };
    const secret = { kty: "oct", k: "x" };
    const own = { ...(await exportJWK(ed.privateKey)) };
    expect(parseKeys(JSON.stringify({ keys: [rsa, secret, own, { ...ecKey, use: "enc" }, edKey] }))).toEqual([
      edKey,
    ]);
  });

  test.each(["", "[]", "{}", '{"keys": 1}', '{"keys": []}', '{"keys": [{"kty": "RSA"}]}', "{"])(
    "%s is refused",
    (text) => {
      expect(() => parseKeys(text)).toThrow("capability keys: the file");
    },
  );

  test("is read again when it changes; what cannot be read leaves what was read, what is gone takes the keys away", async () => {
    const path = join(folder, "jwks.json");
    const write = async (text: string): Promise<void> => {
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    };
    let nowMs = 0;
    const told: unknown[] = [];
    const file = openKeyFile(path, () => nowMs, { keysRefused: (cause) => told.push(cause) });
    const ids = async (): Promise<unknown[]> => (await file.read()).map((key) => key["kid"]);
    expect(await ids()).toEqual([]);
    await write(JSON.stringify({ keys: [edKey] }));
    nowMs = 999;
    expect(await ids()).toEqual([]);
    nowMs = 1_000;
    expect(await ids()).toEqual(["ed"]);
    await write("{");
    nowMs = 2_000;
    expect(await ids()).toEqual(["ed"]);
    nowMs = 3_000;
    expect(await ids()).toEqual(["ed"]);
    expect(told).toHaveLength(1);
    await write(JSON.stringify({ keys: [ecKey] }));
    nowMs = 4_000;
    expect(await ids()).toEqual(["ec"]);
    await rm(path);
    nowMs = 5_000;
    expect(await ids()).toEqual([]);
  });
});
