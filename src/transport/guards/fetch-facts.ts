import type { Ask } from "../../domain/intent.ts";
import { isFinding, readArguments } from "../../engine/guards/calls/call-facts.ts";
import { namesOfCall } from "../../engine/guards/calls/run-before.ts";
import { findCapabilityArgument } from "../../engine/guards/effects/capability.ts";
import type { Capability } from "../../engine/guards/guard.ts";
import { nameOfIntent } from "../../engine/intents/intent-target.ts";
import type { CheckToolCallRequest } from "../../gen/tollgate/enforcement/v1/tool_call_pb.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest } from "../tenant-policy.ts";
import { type FetchedFacts, NO_FACTS, toolCallFromProto } from "./convert-calls.ts";

// What the guards need from outside: whether a capability token is genuine, and which addresses stand behind names. Both are
// fetched before the engine's turn; most calls need neither and are judged in the turn they came in.

/** Where facts come from; what is missing is refused by the guards, never waved through. */
export interface FactSources {
  /** Verifies signature, audience and times of a compact JWS. */
  readonly verifyCapability?: ((token: string) => Promise<Capability>) | undefined;
  /** Addresses by name, within its own deadline; a name without an answer has none. */
  readonly resolveHosts?:
    | ((names: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>)
    | undefined;
}

/** Undefined: nothing has to be fetched. */
export function findFacts(
  context: ServiceContext,
  request: CheckToolCallRequest,
): Promise<FetchedFacts> | undefined {
  const token = request.capabilityToken ?? tokenInArguments(request.argumentsJson);
  const names = namesToResolve(context, request);
  if (token === undefined && names.length === 0) return undefined;
  return fetchFacts(context.facts ?? {}, token, names);
}

/** Addresses of the network target of an intent. Undefined: nothing has to be resolved. */
export function findAddresses(context: ServiceContext, ask: Ask): Promise<Ask["addresses"]> | undefined {
  if (ask.intent.networkTarget === undefined) return undefined;
  const { executionId, principal, labels, intent } = ask;
  const policy = policyOfRequest(context.host.world, context.caller, executionId, principal, labels);
  const name = nameOfIntent(policy, intent);
  if (name === undefined) return undefined;
  return context.facts?.resolveHosts?.([name]) ?? Promise.resolve(new Map<string, readonly string[]>());
}

async function fetchFacts(
  sources: FactSources,
  token: string | undefined,
  names: readonly string[],
): Promise<FetchedFacts> {
  const [capability, addresses] = await Promise.all([
    token === undefined ? undefined : verify(sources, token),
    names.length === 0 ? undefined : (sources.resolveHosts?.(names) ?? new Map<string, readonly string[]>()),
  ]);
  return { capability, addresses };
}

function verify({ verifyCapability }: FactSources, token: string): Promise<Capability> | Capability {
  return verifyCapability?.(token) ?? { refused: "no keys for capability tokens are configured" };
}

/** Looked for in the text first: arguments are read in the engine's turn, not twice. */
function tokenInArguments(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined || !Buffer.from(bytes).includes("_capability_token")) return undefined;
  const document = readArguments(bytes);
  return isFinding(document) ? undefined : findCapabilityArgument(document);
}

function namesToResolve(context: ServiceContext, request: CheckToolCallRequest): readonly string[] {
  return context.host.turn((world, now) =>
    namesOfCall(world, context.caller, toolCallFromProto(request, undefined, NO_FACTS), now),
  );
}
