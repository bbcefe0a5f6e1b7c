import type { Finding, Obligation } from "../../../domain/decision.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { findingOf } from "../chain/guard-findings.ts";
import type { ResolvedGuards } from "../chain/resolve-guard-settings.ts";
import type { GuardFacts } from "../guard.ts";
import { checkSensitiveData } from "../input/sensitive-data.ts";

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

/** A plain text with its secrets taken out, and what there is to say of it; undefined where nothing is asked for or found. */
export function redactText(
  text: string,
  settings: ResolvedGuards["sensitive_data"],
  obligations: readonly Obligation[],
  acceptsRepair: boolean,
  keyedHash: GuardFacts["keyedHash"],
): { readonly findings: readonly Finding[]; readonly repaired: string | undefined } | undefined {
  if (!asksForRedaction(obligations)) return undefined;
  const document = parseJson(JSON.stringify(text));
  if (!isJsonDocument(document)) return undefined;
  const outcome = checkSensitiveData(document, redacting(settings), keyedHash);
  if (outcome.notes.length === 0) return undefined;
  const findings = outcome.notes.map((note) => findingOf("sensitive_data", note, note.verdict, false));
  if (outcome.document === undefined || acceptsRepair)
    return { findings, repaired: textIn(outcome.document) };
  const refusal = {
    verdict: "BLOCK",
    reason: "REPAIR_NOT_ACCEPTED",
    text: "sensitive_data would repair this, and the request does not accept repairs",
  } as const;
  return {
    findings: [findingOf("sensitive_data", refusal, "BLOCK", false), ...findings],
    repaired: undefined,
  };
}

function textIn(document: JsonDocument | undefined): string | undefined {
  return typeof document?.value === "string" ? document.value : undefined;
}
