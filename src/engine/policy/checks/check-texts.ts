import type { PolicyDocument, PolicyIssue, PolicyPath } from "../../../domain/policy/document.ts";
import type { TextFormat } from "../../../domain/policy/shape.ts";
import { compileExpression, isExpressionIssue } from "../../expressions/expression.ts";
import { compileCondition } from "../../expressions/tool-conditions.ts";
import { isHostEntry } from "../../network/network-rules.ts";
import { findPatternIssue } from "../../patterns/check-pattern.ts";
import { parseRange } from "../../rates/cidr-trie.ts";
import { isTimeZone } from "../../time/calendar.ts";
import type { ReadDocument } from "../documents/read-document.ts";
import type { Tree } from "../documents/read-node.ts";
import { showValue } from "../documents/read-value.ts";
import { type Entry, issueOf } from "./written-entries.ts";

// Texts that have a language of their own: patterns, conditions, names of zones, hosts and principals.

export function* checkTexts(
  document: PolicyDocument,
  read: ReadDocument,
  entries: readonly Entry[],
): Generator<PolicyIssue | undefined> {
  for (const { leaf, value, path, keys } of entries) {
    yield undefined;
    // Patterns and expressions of rules were compiled with their rules.
    if (keys[0] === "rules") continue;
    const shape = leaf.shape.kind === "list" ? leaf.shape.items : leaf.shape;
    if (shape.kind !== "text") continue;
    const check = checkOf(shape.format, path);
    if (check === undefined) continue;
    const texts = Array.isArray(value) ? inWrittenOrder(document, path, value as readonly string[]) : [value];
    for (const [place, text] of (texts as readonly string[]).entries()) {
      const problem = check(text);
      if (problem === undefined) continue;
      yield issueOf(read, Array.isArray(value) ? [...path, place] : path, `${showValue(text)} ${problem}`);
    }
    yield undefined;
  }
}

/** Lists that are met are sorted when they are read: an issue names the place in the document. */
function inWrittenOrder(
  { value }: PolicyDocument,
  path: PolicyPath,
  list: readonly string[],
): readonly string[] {
  const written = path.reduce<unknown>((at, key) => (at as Tree | undefined)?.[key], value);
  return Array.isArray(written) ? (written as readonly string[]) : list;
}

type TextCheck = (text: string) => string | undefined;

/** Conditions of tool calls are written in the words of a call, before it or after it; all others in those of a request. */
function checkOf(format: TextFormat, path: PolicyPath): TextCheck | undefined {
  if (format !== "cel" || !path.includes("guards")) return CHECKS[format];
  const time = path.includes("post") ? "post" : "pre";
  return (text) => problemOf(compileCondition(text, time));
}

function problemOf(result: ReturnType<typeof compileExpression>): string | undefined {
  return isExpressionIssue(result) ? `${result.message} (character ${result.position + 1})` : undefined;
}

const checkHost: TextCheck = (text) =>
  isHostEntry(text)
    ? undefined
    : "must be a name, a pattern as *.example.com, an address or a network as 10.0.0.0/8; without scheme, port or path";

const CHECKS: { readonly [F in TextFormat]?: TextCheck } = {
  domain: checkHost,
  address: checkHost,
  principal: (text) =>
    isPrincipal(text)
      ? undefined
      : "must be tenant:, team:, user:, api_key: or agent: and a name or pattern, or ip: and a range of addresses",
  time_of_day: (text) =>
    /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text)
      ? undefined
      : "must be a time from 00:00 to 24:00, as 08:30",
  time_zone: (text) => (isTimeZone(text) ? undefined : "must be the name of a time zone, as Europe/Berlin"),
  cidr: (text) =>
    parseRange(text) === undefined ? "must be an address or a range of them, as 203.0.113.0/24" : undefined,
  re2: (text) => {
    return findPatternIssue({ id: "", pattern: text })?.message.replace(/^pattern {2}/, "");
  },
  cel: (text) => problemOf(compileExpression(text)),
};

/** Whether anybody can be meant: a pattern may leave the level open. */
function isPrincipal(text: string): boolean {
  if (text.startsWith("ip:")) return parseRange(text.slice("ip:".length)) !== undefined;
  return /^(?:(?:tenant|team|user|api_key|agent):.|[^:]*\*)/.test(text);
}
