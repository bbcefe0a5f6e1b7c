import type { Json, Want } from "./case-file.ts";
import type { Outcome } from "./driver.ts";

// What a step wants beside what came back, both reduced to the parts that the step names: the difference reads well.

export interface Compared {
  readonly wanted: unknown;
  readonly found: unknown;
}

export function compare(want: Want, outcome: Outcome): Compared {
  if (typeof want === "string") return compare({ verdict: want }, outcome);
  if ("error" in outcome) {
    const { error, fields } = outcome;
    const found = want.fields === undefined ? { error } : { error, fields };
    const { error: code, fields: paths } = want;
    return { wanted: paths === undefined ? { error: code } : { error: code, fields: paths }, found };
  }
  const { answer } = outcome;
  if (want.error !== undefined) return { wanted: want, found: { answer } };
  const decision = decisionOf(answer);
  const findings = (decision["findings"] ?? []) as readonly Json[];
  const found: { [part: string]: unknown } = {};
  if (want.verdict !== undefined) found["verdict"] = wordOf(decision["verdict"]);
  if (want.reasons !== undefined) found["reasons"] = findings.map((one) => one["reason"]);
  if (want.message !== undefined) found["message"] = findings[0]?.["message"];
  if (want.findings !== undefined)
    found["findings"] = findings.map((one, at) => partOf(one, want.findings?.[at] ?? {}));
  if (want.answer !== undefined) found["answer"] = partOf(answer, want.answer);
  return { wanted: want, found };
}

/** Unary answers hold one decision; a batch of reports holds one for each execution. */
export function decisionOf(answer: Json): Json {
  const { decision, decisions } = answer as { decision?: Json; decisions?: unknown };
  if (decision !== undefined) return decision;
  const list = (Array.isArray(decisions) ? decisions : ((decisions as Json)?.["decisions"] ?? [])) as Json[];
  return (list.at(-1)?.["decision"] ?? {}) as Json;
}

/** `VERDICT_BLOCK` is BLOCK in a case. */
function wordOf(verdict: unknown): unknown {
  return typeof verdict === "string" ? verdict.replace(/^VERDICT_/, "") : verdict;
}

/** Of `value` only what `like` names, deeply. */
function partOf(value: unknown, like: unknown): unknown {
  if (Array.isArray(like))
    return Array.isArray(value) ? value.map((one, at) => partOf(one, like[at] ?? {})) : value;
  if (like === null || typeof like !== "object") return wordOf(value);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(like)
      .filter(([key]) => key in value)
      .map(([key, part]) => [key, partOf((value as Json)[key], part)]),
  );
}
