import { compileGlobs, findGlob } from "../../globs/glob.ts";
import { editJson } from "../../json/edit-json.ts";
import { isJsonObject, type JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { CAPABILITY_ARGUMENT } from "../carried-arguments.ts";
import type { CapabilityClaims, GuardFacts, ToolCall } from "../guard.ts";

/** Why the claims do not allow this call, in a few words; undefined when they do. */
export function findCapabilityFault(
  claims: CapabilityClaims,
  call: ToolCall,
  facts: GuardFacts,
  wallMs: number,
): string | undefined {
  if (claims.expiresAtMs <= wallMs) return "expired";
  if (claims.tenant !== facts.tenant) return "for another tenant";
  if (claims.execution !== undefined && claims.execution !== facts.executionId)
    return "for another execution";
  if (findGlob(compileGlobs(claims.tools), call.tool) === undefined) return "not for this tool";
  if (!claims.classes.includes(call.sideEffect)) return `not for the class ${call.sideEffect}`;
  return undefined;
}

export function hasCapabilityArgument(document: JsonDocument): boolean {
  return isJsonObject(document.value) && document.value[CAPABILITY_ARGUMENT] !== undefined;
}

/** The token in the arguments; undefined when there is none. What is no text is no token, but is removed as one. */
export function findCapabilityArgument(document: JsonDocument): string | undefined {
  const token = isJsonObject(document.value) ? document.value[CAPABILITY_ARGUMENT] : undefined;
  return typeof token === "string" ? token : undefined;
}

/** The arguments as the tool may see them. */
export function withoutCapabilityArgument(document: JsonDocument): JsonDocument {
  const parsed = parseJson(editJson(document.text, [{ kind: "remove", path: [CAPABILITY_ARGUMENT] }]));
  if (!isJsonDocument(parsed)) throw new Error("arguments without a member are no JSON");
  return parsed;
}
