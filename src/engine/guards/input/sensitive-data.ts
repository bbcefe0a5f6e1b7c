// Secrets in arguments before a call and in outputs after it. Blocks, or replaces the secret alone by a mark or by a keyed
// hash. docs/guards/sensitive-data.md

import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { editJson } from "../../json/edit-json.ts";
import { OUTPUT_JSON_CAPS } from "../../json/json-caps.ts";
import { formatJsonPath, type JsonDocument, type JsonPath } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { createMemo } from "../../memos/memo.ts";
import { createPatternSet, type PatternSet } from "../../patterns/pattern-set.ts";
import { CAPABILITY_ARGUMENT } from "../carried-arguments.ts";
import {
  type AfterInput,
  type BeforeInput,
  type Guard,
  type GuardEvidence,
  type GuardFacts,
  type GuardNote,
  type GuardOutcome,
  PASS,
} from "../guard.ts";
import { findSecretsInLayers } from "./secrets/decode-layers.ts";
import { findHits, type ScanOptions, type SecretFinding, scanDocument } from "./secrets/scan-document.ts";

export type SensitiveDataSettings = Omit<
  GuardSettings<"sensitive_data">,
  "level" | "mode" | "tools" | "namespaces"
>;

export const sensitiveData: Guard<SensitiveDataSettings> = {
  id: "sensitive_data",
  before: ({ arguments: document, settings, facts }: BeforeInput<SensitiveDataSettings, unknown>) =>
    settings.check_args ? checkSensitiveData(document, settings, facts.keyedHash, TOKEN_ARGUMENTS) : PASS,
  after: ({ output, settings, facts }: AfterInput<SensitiveDataSettings, unknown>) =>
    settings.check_output && output !== undefined
      ? checkSensitiveData(output, settings, facts.keyedHash)
      : PASS,
};

/** A capability token looks like the secrets that it replaces; the guard of side effects takes it out of the arguments. */
const TOKEN_ARGUMENTS: ReadonlySet<string> = new Set([CAPABILITY_ARGUMENT]);
const NO_NAMES: ReadonlySet<string> = new Set();

/** A repair may bring two halves of something together: it is looked at again, as often as that. */
const MAX_ROUNDS = 4;
/** Hexadecimal digits of a keyed hash that stand in a placeholder. */
const HASH_LENGTH = 8;

/** What is passed on holds nothing that this guard would find: a repair is checked like what came. */
export function checkSensitiveData(
  original: JsonDocument,
  settings: SensitiveDataSettings,
  keyedHash: GuardFacts["keyedHash"],
  ignored: ReadonlySet<string> = NO_NAMES,
): GuardOutcome {
  const options: ScanOptions = { ...optionsOf(settings, keyedHash), ignored };
  let { findings, edits } = scanDocument(original, options);
  if (findings.length === 0) return PASS;
  const evidence = findings.map((finding) => evidenceOf(finding, keyedHash));
  const note = {
    reason: "SENSITIVE_DATA",
    text: textOf(findings),
    setting: "redact_mode",
    evidence,
  } as const;
  if (settings.redact_mode === "block") return { notes: [{ verdict: "BLOCK", ...note }] };
  let document = original;
  for (let round = 0; findings.length > 0; round += 1) {
    const result =
      round < MAX_ROUNDS ? parseJson(editJson(document.text, edits), OUTPUT_JSON_CAPS) : undefined;
    if (result === undefined || !isJsonDocument(result)) return { notes: [{ verdict: "BLOCK", ...note }] };
    document = result;
    ({ findings, edits } = scanDocument(document, options));
  }
  return { notes: [{ verdict: "REPAIR", ...note } satisfies GuardNote], document };
}

/** A secret in a text, in UTF-16 units. */
export interface SecretInText {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  /** What is written in its place; undefined where it is not replaced, or a replacement would be found again. */
  readonly replacement: string | undefined;
}

/** Secrets in a part of a text, first to last. */
export function findSecretsInText(
  text: string,
  settings: SensitiveDataSettings,
  keyedHash: GuardFacts["keyedHash"],
): readonly SecretInText[] {
  const options = optionsOf(settings, keyedHash);
  return findHits(options, text, undefined).map(({ kind, start, end }) => {
    const replacement = options.placeholder(text.slice(start, end));
    const lasts = settings.redact_mode !== "block" && findHits(options, replacement, undefined).length === 0;
    return { kind, start, end, replacement: lasts ? replacement : undefined };
  });
}

function optionsOf(
  settings: SensitiveDataSettings,
  keyedHash: GuardFacts["keyedHash"],
): Omit<ScanOptions, "ignored"> {
  const isHash = settings.redact_mode === "hash";
  return {
    minSecretLength: settings.min_secret_length,
    allowlist: allowlistOf(settings.allowlist),
    customPatterns: patternsOf(settings.custom_patterns),
    placeholder: (secret) => (isHash ? `[HASH:${keyedHash(secret).slice(0, HASH_LENGTH)}]` : "[REDACTED]"),
  };
}

/** Kinds only, each once. */
export function textOf(findings: readonly Pick<SecretFinding, "kind">[]): string {
  return `Sensitive data detected: ${[...new Set(findings.map(({ kind }) => kind))].join(", ")}`;
}

function evidenceOf(
  { kind, path, offset, length, secret }: SecretFinding,
  keyedHash: GuardFacts["keyedHash"],
): GuardEvidence {
  return { kind, path: formatSafePath(path), offset, length, digest: keyedHash(secret) };
}

/** A name on the way that is itself a secret must not be told. */
function formatSafePath(path: JsonPath): string {
  const parts = path.map((part) =>
    typeof part === "string" && findSecretsInLayers(part, NAME_SECRET_LENGTH).length > 0
      ? "[REDACTED]"
      : part,
  );
  return `$${formatJsonPath(parts).replace(/^(?=[^[])/, ".")}`;
}

/** What is always a secret is one in a name, too; telling names are no part of names. */
const NAME_SECRET_LENGTH = 16;

const NO_TEXTS: ReadonlySet<string> = new Set();
const allowlists = createMemo<readonly string[], ReadonlySet<string>>();
const patternSets = createMemo<readonly string[], PatternSet>();

/** Lists of a policy live as long as it does: what is made of them is made once. */
function allowlistOf(texts: readonly string[] | undefined): ReadonlySet<string> {
  if (texts === undefined || texts.length === 0) return NO_TEXTS;
  const known = allowlists.get(texts) ?? new Set(texts);
  allowlists.set(texts, known);
  return known;
}

/** The set behind `custom_patterns`, so that its owner can compile it group by group before it is needed. */
export function patternsOf(patterns: readonly string[] | undefined): PatternSet | undefined {
  if (patterns === undefined || patterns.length === 0) return undefined;
  const known =
    patternSets.get(patterns) ??
    createPatternSet(patterns.map((pattern, index) => ({ id: `custom_patterns[${index}]`, pattern })));
  patternSets.set(patterns, known);
  return known;
}
