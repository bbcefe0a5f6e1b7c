import type { Finding } from "../../domain/decision.ts";
import { isMutating } from "./compile-operations.ts";
import { formatPair } from "./number-text.ts";
import { missingFinding, type OperationFacts, settingFields, sourceText } from "./operation-facts.ts";
import type { AttributeBounds } from "./operation-settings.ts";

/** Judged only when an intent carries it: nobody has to know how sure they are. */
const NEVER_MISSING = "confidence";

/** Every bound of every attribute, by name. */
export function judgeAttributes(facts: OperationFacts, found: Finding[]): void {
  const { operation, operations, attributes, sourceOf } = facts;
  const told = operation.attributes;
  for (const name in attributes) {
    const bounds = attributes[name] as AttributeBounds;
    if (Object.hasOwn(told, name)) {
      judgeAttribute(facts, name, told[name] as number, bounds, found);
      continue;
    }
    if (name === NEVER_MISSING || !isBound(bounds) || !isMutating(operations, operation.name)) continue;
    const key = `attributes.${name}.missing`;
    const finding = missingFinding("ATTRIBUTE", spaced(name), key, bounds.missing, sourceOf);
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
  { attributes, sourceOf }: OperationFacts,
  name: string,
  value: number,
  key: "min" | "max" | "max_abs",
  bound: number,
  words: string,
): Finding {
  const path = `attributes.${name}.${key}`;
  const source = sourceOf(path);
  const [told, allowed] = formatPair(value, bound);
  return {
    verdict: attributes[name]?.on_exceed === "pause" ? "PAUSE" : "BLOCK",
    kind: "ATTRIBUTE",
    reason: "ATTRIBUTE_OUT_OF_BOUNDS",
    message: `${spaced(name)} ${told} ${words} ${allowed}${sourceText(source)}`,
    current: { kind: "ratio", value },
    limit: { kind: "ratio", value: bound },
    ...settingFields(path, source, name),
  };
}

function spaced(name: string): string {
  return name.replaceAll("_", " ");
}
