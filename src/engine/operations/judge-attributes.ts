import type { Finding } from "../../domain/decision.ts";
import { isMutating } from "./compile-operations.ts";
import { formatPair } from "./number-text.ts";
import { decidingKey, missingFinding, type OperationFacts } from "./operation-facts.ts";
import type { AttributeBounds } from "./operation-settings.ts";

/** Judged only when an intent carries it: nobody has to know how sure they are. */
const NEVER_MISSING = "confidence";

/** Every bound of every attribute, by name. */
export function judgeAttributes(facts: OperationFacts, found: Finding[]): void {
  const { operation, operations, attributes } = facts;
  const told = operation.attributes;
  for (const name in attributes) {
    const bounds = attributes[name] as AttributeBounds;
    if (Object.hasOwn(told, name)) {
      judgeAttribute(facts, name, told[name] as number, bounds, found);
      continue;
    }
    if (name === NEVER_MISSING || !isBound(bounds) || !isMutating(operations, operation.name)) continue;
    const path = ["attributes", name, "missing"];
    const finding = missingFinding(facts, "ATTRIBUTE", spaced(name), path, bounds.missing);
    if (finding !== undefined) found.push(finding);
  }
}

function isBound({ min, max, max_abs }: AttributeBounds): boolean {
  return min !== undefined || max !== undefined || max_abs !== undefined;
}

function judgeAttribute(
  facts: OperationFacts,
  name: string,
  value: number,
  bounds: AttributeBounds,
  found: Finding[],
): void {
  const { min, max, max_abs: maxAbs } = bounds;
  if (min !== undefined && !(value >= min))
    found.push(outOfBounds(facts, name, value, "min", min, "is below"));
  if (max !== undefined && !(value <= max))
    found.push(outOfBounds(facts, name, value, "max", max, "exceeds"));
  if (maxAbs !== undefined && !(Math.abs(value) <= maxAbs))
    found.push(outOfBounds(facts, name, value, "max_abs", maxAbs, "exceeds"));
}

function outOfBounds(
  facts: OperationFacts,
  name: string,
  value: number,
  key: "min" | "max" | "max_abs",
  bound: number,
  words: string,
): Finding {
  const { text, fields } = decidingKey(facts, ["attributes", name, key], name);
  const [told, allowed] = formatPair(value, bound);
  return {
    verdict: facts.attributes[name]?.on_exceed === "pause" ? "PAUSE" : "BLOCK",
    kind: "ATTRIBUTE",
    reason: "ATTRIBUTE_OUT_OF_BOUNDS",
    message: `${spaced(name)} ${told} ${words} ${allowed}${text}`,
    unit: "attribute",
    current: { kind: "ratio", value },
    limit: { kind: "ratio", value: bound },
    ...fields,
  };
}

function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
