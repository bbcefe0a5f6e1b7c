import type { Evidence, Finding, Obligation } from "../../../domain/decision.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { findingOf } from "../chain/guard-findings.ts";
import type { ResolvedGuards } from "../chain/resolve-guard-settings.ts";
import type { GuardFacts, GuardNote } from "../guard.ts";
import { checkSensitiveData, textOf } from "../input/sensitive-data.ts";

// An access rule that allows may ask for secrets to be taken out: then the guard of secrets repairs, whatever its level. Where it
// blocks already, it goes on blocking.

function asksForRedaction(obligations: readonly Obligation[]): boolean {
  return obligations.some(({ type }) => type === "redact");
}

/** The guards of a call with what its access rules ask for. */
export function withRedaction(guards: ResolvedGuards, obligations: readonly Obligation[]): ResolvedGuards {
  if (!asksForRedaction(obligations)) return guards;
  return { ...guards, sensitive_data: redacting(guards.sensitive_data) };
}

function redacting(settings: ResolvedGuards["sensitive_data"]): ResolvedGuards["sensitive_data"] {
  const isOn = settings.level === "block" && settings.mode === "enforce";
  return {
    ...settings,
    level: "block",
    mode: "enforce",
    check_args: true,
    check_output: true,
    redact_mode: isOn ? settings.redact_mode : "redact",
  };
}

/** How secrets are taken out of a text. */
export interface Redaction {
  readonly settings: ResolvedGuards["sensitive_data"];
  readonly acceptsRepair: boolean;
  readonly keyedHash: GuardFacts["keyedHash"];
}

/** Undefined where no access rule asks for it. */
export function findRedaction(
  settings: ResolvedGuards["sensitive_data"],
  obligations: readonly Obligation[],
  acceptsRepair: boolean,
  keyedHash: GuardFacts["keyedHash"],
): Redaction | undefined {
  return asksForRedaction(obligations)
    ? { settings: redacting(settings), acceptsRepair, keyedHash }
    : undefined;
}

/** A plain text with its secrets taken out, and what there is to say of it; undefined where nothing is found. */
export function redactText(
  text: string,
  redaction: Redaction,
): { readonly findings: readonly Finding[]; readonly repaired: string | undefined } | undefined {
  const document = parseJson(JSON.stringify(text));
  if (!isJsonDocument(document)) return undefined;
  const outcome = checkSensitiveData(document, redaction.settings, redaction.keyedHash);
  if (outcome.notes.length === 0) return undefined;
  const repaired = redaction.acceptsRepair ? textIn(outcome.document) : undefined;
  return { findings: outcome.notes.flatMap((note) => findingsOf(note, redaction)), repaired };
}

function textIn(document: JsonDocument | undefined): string | undefined {
  return typeof document?.value === "string" ? document.value : undefined;
}

/** What is said of secrets in a part of a text; `isReplaced`: each of them is, and what stands in its place may be shown. */
export function secretFindings(
  kinds: readonly string[],
  evidence: readonly Evidence[],
  isReplaced: boolean,
  redaction: Redaction,
): readonly Finding[] {
  const note: GuardNote = {
    verdict: isReplaced ? "REPAIR" : "BLOCK",
    reason: "SENSITIVE_DATA",
    text: textOf(kinds.map((kind) => ({ kind }))),
    setting: "redact_mode",
    evidence,
  };
  return findingsOf(note, redaction);
}

function findingsOf(note: GuardNote, { acceptsRepair }: Redaction): readonly Finding[] {
  const finding = findingOf("sensitive_data", note, note.verdict, false);
  if (note.verdict !== "REPAIR" || acceptsRepair) return [finding];
  const refusal = {
    verdict: "BLOCK",
    reason: "REPAIR_NOT_ACCEPTED",
    text: "sensitive_data would repair this, and the request does not accept repairs",
  } as const;
  return [findingOf("sensitive_data", refusal, "BLOCK", false), finding];
}
