import { compileGlobs, findGlob } from "../../globs/glob.ts";
import { editJson } from "../../json/edit-json.ts";
import { isJsonObject, type JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import { CAPABILITY_ARGUMENT } from "../carried-arguments.ts";
import { type CapabilityClaims, type Guard, type GuardFacts, PASS, type ToolCall } from "../guard.ts";

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

/**
 * Takes the token out of the arguments. It speaks for the guard of side effects and is no part of it: a token is for this
 * daemon alone, so it never reaches a tool, whatever the guard's level and mode.
 */
export const capabilityArgument: Guard = {
  id: "side_effect",
  before: ({ arguments: document }) =>
    hasCapabilityArgument(document)
      ? {
          notes: [
            {
              verdict: "REPAIR",
              reason: "CAPABILITY_REMOVED",
              text: "Capability token removed from the arguments",
              setting: "require_capability_token",
            },
          ],
          document: withoutCapabilityArgument(document),
        }
      : PASS,
};

function hasCapabilityArgument(document: JsonDocument): boolean {
  if (!document.names.includes(CAPABILITY_ARGUMENT)) return false;
  return isJsonObject(document.value) && document.value[CAPABILITY_ARGUMENT] !== undefined;
}

/** The token in the arguments; undefined when there is none. What is no text is no token, but is removed as one. */
export function findCapabilityArgument(document: JsonDocument): string | undefined {
  const token = isJsonObject(document.value) ? document.value[CAPABILITY_ARGUMENT] : undefined;
  return typeof token === "string" ? token : undefined;
}

/** The arguments as the tool may see them. */
function withoutCapabilityArgument(document: JsonDocument): JsonDocument {
  const parsed = parseJson(editJson(document.text, [{ kind: "remove", path: [CAPABILITY_ARGUMENT] }]));
  if (!isJsonDocument(parsed)) throw new Error("arguments without a member are no JSON");
  return parsed;
}
