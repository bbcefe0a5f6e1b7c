import type { Finding } from "../../../domain/decision.ts";
import type { ToolEntry } from "../../../domain/policy/tool-entry.ts";
import type { ReasonCode } from "../../../domain/reasons.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { sessionKey } from "../../executions/table/session-roots.ts";
import { canonicalJson } from "../../json/canonical-json.ts";
import { type JsonCaps, OUTPUT_JSON_CAPS, REQUEST_JSON_CAPS } from "../../json/json-caps.ts";
import { isJsonObject, type JsonDocument } from "../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../json/parse-json.ts";
import type { World } from "../../world.ts";
import { CARRIED_ARGUMENTS } from "../carried-arguments.ts";
import type { GuardFacts, ToolCall } from "../guard.ts";

// What the guards are told of a call beside its arguments, and how arguments become an identity.

/** Stands for a call where a session remembers it: call ids are an execution's own. */
export function callKey(world: World, executionId: string, callId: string): string {
  return world.digest.digest128(`${executionId}\n${callId}`);
}

interface Signed {
  readonly document: JsonDocument;
  readonly tool: string;
  readonly namespace: string | undefined;
  readonly entry: ToolEntry | undefined;
  readonly signature: string;
}

/** The last signature: one call asks for it several times. */
let last: Signed | undefined;

/** Identity of a call: tool and canonical arguments, without volatile fields and what only travels with them. */
export function signatureOf(
  world: World,
  tool: string,
  namespace: string | undefined,
  document: JsonDocument,
  entry: ToolEntry | undefined,
): string {
  if (
    last?.document === document &&
    last.tool === tool &&
    last.namespace === namespace &&
    last.entry === entry
  )
    return last.signature;
  const left = [...CARRIED_ARGUMENTS, ...(entry?.volatile_fields ?? [])];
  const signature = world.digest.digest128(
    `${namespace ?? ""}\n${tool}\n${canonicalWithout(document, left)}`,
  );
  last = { document, tool, namespace, entry, signature };
  return signature;
}

function canonicalWithout(document: JsonDocument, left: readonly string[]): string {
  if (!left.some((name) => document.names.includes(name)) || !isJsonObject(document.value))
    return document.canonical;
  return canonicalJson(
    Object.fromEntries(Object.entries(document.value).filter(([name]) => !left.includes(name))),
  );
}

export function guardFacts(
  world: World,
  record: ExecutionRecord,
  call: Pick<ToolCall, "tool" | "namespace">,
  more: Pick<GuardFacts, "addresses" | "capability" | "labels">,
): GuardFacts {
  const { tenant } = record.principal;
  const { toolCalls } = world;
  return {
    executionId: record.id,
    tenant,
    session: record.session,
    principal: record.principal,
    ...more,
    slots: {
      global: toolCalls.slots(`all\n${tenant}`),
      tool: toolCalls.slots(`tool\n${tenant}\n${call.tool}`),
      namespace: toolCalls.slots(`namespace\n${tenant}\n${call.namespace ?? ""}`),
      session: toolCalls.slots(`session\n${sessionKey(record)}`),
    },
    keyedHash: world.keyedHash,
  };
}

/** Arguments within the caps, or the finding that refuses them whatever the guards' levels. */
export function readArguments(bytes: Uint8Array | undefined): JsonDocument | Finding {
  const document = readJson(bytes ?? "{}", REQUEST_JSON_CAPS, "ARGUMENTS_INVALID", "arguments_json");
  if ("verdict" in document || document.isObject) return document;
  return refusal("ARGUMENTS_INVALID", "arguments_json", "must be a JSON object");
}

/** An output within the caps; undefined when there is none. */
export function readOutput(bytes: Uint8Array | undefined): JsonDocument | Finding | undefined {
  return bytes === undefined ? undefined : readJson(bytes, OUTPUT_JSON_CAPS, "OUTPUT_INVALID", "output_json");
}

export function isFinding(read: JsonDocument | Finding | undefined): read is Finding {
  return read !== undefined && "verdict" in read;
}

function readJson(
  source: Uint8Array | string,
  caps: JsonCaps,
  reason: ReasonCode,
  field: string,
): JsonDocument | Finding {
  const read = parseJson(source, caps);
  return isJsonDocument(read) ? read : refusal(reason, field, read.issue.message);
}

function refusal(reason: ReasonCode, field: string, message: string): Finding {
  return { verdict: "BLOCK", kind: "GUARD", reason, message: `${field}: ${message}`, sourceId: "input" };
}
