import { describe, expect, test } from "vitest";
import {
  checkSensitiveData,
  type SensitiveDataSettings,
  sensitiveData,
} from "../../../../../src/engine/guards/input/sensitive-data.ts";
import { beforeOf } from "../effects/inputs.ts";
import { documentOf } from "./documents.ts";

const settings: SensitiveDataSettings = {
  redact_mode: "block",
  check_args: true,
  check_output: true,
  allowlist: [],
  custom_patterns: [],
  min_secret_length: 16,
};

/** Stands in for the keyed hash of the installation. */
const keyedHash = (text: string): string => `${text.length}`.padStart(8, "0").repeat(4);

// Put together here, so that no line of this file looks like a secret itself.
const github = `ghp_${"a1B2c3D4".repeat(5).slice(0, 36)}`;
const random = "q8Zk2LmX0vTr5Yw9";
const label = "RSA PRIVATE KEY";
const pem = `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----`;

function check(
  value: unknown,
  changes: Partial<SensitiveDataSettings> = {},
): { said: string[]; value: unknown } {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const outcome = checkSensitiveData(documentOf(text), { ...settings, ...changes }, keyedHash);
  const said = outcome.notes.map((note) => `${note.verdict} ${note.text}`);
  return { said, value: outcome.document?.value };
}

describe("checkSensitiveData", () => {
  test("the example of the source document is blocked, naming the kind only", () => {
    expect(check({ config: "api_key=sk_fake_abc123def456" }).said).toEqual([
      "BLOCK Sensitive data detected: api_key",
    ]);
  });

  test("only the secret is replaced, the words around it stay", () => {
    expect(check({ key: "api_key=sk_fake_abc123" }, { redact_mode: "redact" })).toEqual({
      said: ["REPAIR Sensitive data detected: api_key"],
      value: { key: "api_key=[REDACTED]" },
    });
    expect(check({ a: `use ${github} please` }, { redact_mode: "hash" }).value).toEqual({
      a: "use [HASH:00000040] please",
    });
  });

  test.each<[string, unknown, unknown]>([
    ["at any depth", { a: [{ b: [github] }] }, { a: [{ b: ["[REDACTED]"] }] }],
    ["in a name", { [github]: 1, b: 2 }, { "[REDACTED]": 1, b: 2 }],
    [
      "in two names of one object",
      { [github]: 1, [`${github.slice(0, -1)}Z`]: 2 },
      { "[REDACTED]": 1, "[REDACTED]_2": 2 },
    ],
    ["under a telling name", { db: { password: random } }, { db: { password: "[REDACTED]" } }],
    ["in a list under a telling name", { tokens_secret: [random] }, { tokens_secret: ["[REDACTED]"] }],
    [
      "as name and value",
      [{ name: "DB_PASSWORD", value: random }],
      [{ name: "DB_PASSWORD", value: "[REDACTED]" }],
    ],
    [
      "in JSON in a text",
      { body: JSON.stringify({ n: 1.5, deep: JSON.stringify({ secret: random, "a b": 1 }) }) },
      { body: '{"n":1.5,"deep":"{\\"secret\\":\\"[REDACTED]\\",\\"a b\\":1}"}' },
    ],
    ["in base64", { b: `x ${btoa(`token is ${github}`)} y` }, { b: "x [REDACTED] y" }],
    ["in base64 in base64", { b: btoa(btoa(`token is ${github}`)) }, { b: "[REDACTED]" }],
    [
      "in hexadecimal",
      { b: Array.from(github, (letter) => letter.charCodeAt(0).toString(16)).join("") },
      { b: "[REDACTED]" },
    ],
    ["percent-encoded", { u: `a=1&t=${github.replace("_", "%5F")}&b=2` }, { u: "a=1&t=[REDACTED]&b=2" }],
    ["percent-encoded twice", { u: `t=${github.replace("_", "%255f")}` }, { u: "t=[REDACTED]" }],
    ["in escapes", { u: `t: ${github.replace("g", "\\u0067")}.` }, { u: "t: [REDACTED]." }],
    ["in full-width letters", { u: `ｇｈｐ＿${github.slice(4)}` }, { u: "[REDACTED]" }],
    [
      "with invisible characters inside",
      { u: `${github.slice(0, 9)}\u200b${github.slice(9)}!` },
      { u: "[REDACTED]!" },
    ],
    ["a private key as a whole block", { k: `a\n${pem}\nb` }, { k: "a\n[REDACTED]\nb" }],
    ["a private key that was cut off", { k: pem.slice(0, -20) }, { k: "[REDACTED]" }],
    [
      "a password in a URL",
      { u: "postgres://user:password@host/db" },
      { u: "postgres://user:[REDACTED]@host/db" },
    ],
    ["a user and password of HTTP", { h: `Basic ${btoa("user:pass word")}` }, { h: "Basic [REDACTED]" }],
    ["a user and password of curl", { c: "curl -u me:hunter2 x" }, { c: "curl -u me:[REDACTED] x" }],
    ["an option of a command", { c: `run --api-key ${random} x` }, { c: "run --api-key [REDACTED] x" }],
    ["a sentence", { c: `My password is ${random}.` }, { c: "My password is [REDACTED]." }],
    ["an assignment in code", { c: `const apiKey = "${random}";` }, { c: 'const apiKey = "[REDACTED]";' }],
    ["a header", { h: `X-Auth-Token: ${random}` }, { h: "X-Auth-Token: [REDACTED]" }],
    ["XML", { x: `<secret>${random}</secret>` }, { x: "<secret>[REDACTED]</secret>" }],
  ])("finds and replaces a secret %s", (_where, value, repaired) => {
    expect(check(value).said.join()).toContain("BLOCK Sensitive data detected: ");
    expect(check(value, { redact_mode: "redact" }).value).toEqual(repaired);
    expect(check(JSON.stringify(repaired)).said).toEqual([]);
  });

  test.each([
    { password: "********", token: "${TOKEN}", secret: null, api_key: "YOUR_API_KEY" },
    { max_tokens: 4096, next_page_token: random, primary_key: random, secret_name: random },
    { token: "2025-01-01T00:00:00.000Z", password: "short", auth: "getTokenFromRequest(request)" },
    { url: "https://example.com:8080/a@b", mail: "me@example.com", path: "/etc/keys/public-1234567890" },
    { text: "The secret of a good token economy is passwordless authentication with a key of 2048 bits." },
    { hash: "da39a3ee5e6b4b0d3255bfef95601890afd80709", id: "550e8400-e29b-41d4-a716-446655440000" },
    { struct: "sk_buff", text: "sk-1234 and ghp_123 and AKIA are too short" },
    {},
    "no object",
  ])("finds nothing in %j", (value) => {
    expect(check(JSON.stringify(value))).toEqual({ said: [], value: undefined });
  });

  test("numbers keep their spelling when something beside them is repaired", () => {
    const outcome = checkSensitiveData(
      documentOf(`{"n": 1.50, "k": "${github}", "big": 12345678901234567890}`),
      { ...settings, redact_mode: "redact" },
      keyedHash,
    );
    expect(outcome.document?.text).toBe('{"n": 1.50, "k": "[REDACTED]", "big": 12345678901234567890}');
  });

  test("the allowlist works one way: what equals an entry is let be, what holds one is not", () => {
    const allowlist = [github];
    expect(check({ a: github, b: `use ${github}` }, { allowlist }).said).toEqual([]);
    expect(check({ a: `${github}9Zk2Lm` }, { allowlist }).said).toEqual([
      "BLOCK Sensitive data detected: github_token",
    ]);
    expect(check({ a: github }, { allowlist: [`${github}9`] }).said).not.toEqual([]);
  });

  test.each([
    [15, ["BLOCK Sensitive data detected: generic_secret"]],
    [16, ["BLOCK Sensitive data detected: generic_secret"]],
    [17, []],
  ])("a value under a telling name counts from %i characters", (length, said) => {
    expect(check({ password: random }, { min_secret_length: length }).said).toEqual(said);
  });

  test("known prefixes are found whatever the minimum length", () => {
    expect(check({ a: github }, { min_secret_length: 1_000 }).said).not.toEqual([]);
  });

  test("patterns of the policy are secrets, too, and join what they overlap", () => {
    const custom_patterns = ["badge-\\d+", "use gh"];
    expect(check({ a: "my BADGE-17!" }, { custom_patterns }).said).toEqual([
      "BLOCK Sensitive data detected: custom",
    ]);
    expect(
      check({ a: `my badge-17, use ${github}!` }, { custom_patterns, redact_mode: "redact" }).value,
    ).toEqual({
      a: "my [REDACTED], [REDACTED]!",
    });
  });

  test("a pattern that finds its own placeholder blocks, since no repair would last", () => {
    expect(check({ a: "secretive" }, { custom_patterns: ["[a-z]+"], redact_mode: "redact" }).said).toEqual([
      "BLOCK Sensitive data detected: custom",
    ]);
  });

  test("kinds are told once each, and evidence tells where, never what", () => {
    const outcome = checkSensitiveData(
      documentOf(JSON.stringify({ é: [`é ${github}`, github], k: pem })),
      settings,
      keyedHash,
    );
    expect(outcome.notes.map(({ text }) => text)).toEqual([
      "Sensitive data detected: github_token, private_key",
    ]);
    expect(outcome.notes[0]?.evidence?.slice(0, 2)).toEqual([
      { kind: "github_token", path: '$["é"][0]', offset: 3, length: 40, digest: keyedHash(github) },
      { kind: "github_token", path: '$["é"][1]', offset: 0, length: 40, digest: keyedHash(github) },
    ]);
    expect(JSON.stringify(outcome)).not.toContain(github);
  });

  test("a name that is a secret does not stand in the evidence", () => {
    const outcome = checkSensitiveData(
      documentOf(JSON.stringify({ [github]: { a: github } })),
      settings,
      keyedHash,
    );
    expect(JSON.stringify(outcome)).not.toContain(github);
    expect(outcome.notes[0]?.evidence?.map(({ path }) => path)).toEqual([
      '$["[REDACTED]"].a',
      '$["[REDACTED]"]',
    ]);
  });
});

describe("a capability token", () => {
  const token = [{ alg: "EdDSA" }, { aud: "tollgate" }, { none: 1 }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const saidOf = (value: unknown) =>
    sensitiveData.before?.(beforeOf(settings, undefined, {}, value)).notes.map(({ text }) => text);

  test("is let be in its own argument, for the guard of side effects takes it out", () => {
    expect(saidOf({ _capability_token: token })).toEqual([]);
    expect(saidOf({ other: token })).toHaveLength(1);
    expect(saidOf({ part: { _capability_token: token } })).toHaveLength(1);
    expect(saidOf({ _capability_token: github })).toHaveLength(1);
    expect(saidOf({ _capability_token: token, note: github })).toHaveLength(1);
  });
});

describe("what hides a secret from a reader who is not careful", () => {
  const wrapped = Buffer.from(`the key is ${github}, and that is all of it`).toString("base64");

  test.each<[string, unknown]>([
    ["a name in full-width letters", { ｐａｓｓｗｏｒｄ: random }],
    ["a name with invisible letters", { "pass\u200bword": random }],
    ["a name with letters that look alike", { pаsswоrd: random }],
    ["an object under a telling name", { password: { value: random } }],
    ["encoded text in lines", { body: (wrapped.match(/.{1,40}/g) ?? []).join("\r\n") }],
    ["escapes in braces", { body: github.replace(/./g, (one) => `\\u{${one.charCodeAt(0).toString(16)}}`) }],
    ["a password that begins like a variable", { password: `$3${random}` }],
    ["a password that begins like a file", { password: `@P4${random}` }],
  ])("%s", (_what, value) => {
    expect(check(value).said).toHaveLength(1);
    const { said, value: left } = check(value, { redact_mode: "redact" });
    expect(said[0]).toMatch(/^REPAIR /);
    expect(JSON.stringify(left)).not.toContain(random);
    expect(check(left).said).toEqual([]);
  });

  test.each([
    { password: "$DB_PASSWORD" },
    { password: "$(pass show db/production)" },
    { password: "@/run/secrets/database_password" },
    { token: "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/s)" },
    { password: { value: "a plain word", length: 24 } },
  ])("%j holds none", (value) => {
    expect(check(value).said).toEqual([]);
  });
});
