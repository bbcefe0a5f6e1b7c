import type { Decision } from "../../domain/decision.ts";
import { invalidField } from "../../domain/errors.ts";
import { MAX_LABELS, type RequestedPrincipal } from "../../domain/execution.ts";
import type { Ask } from "../../domain/intent.ts";
import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import { charge, check } from "../../engine/intents/intents.ts";
import type {
  ChargeRequest,
  ChargeResponse,
  CheckRequest,
  CheckResponse,
} from "../../gen/tollgate/enforcement/v1/check_pb.ts";
import type { Principal as WirePrincipal } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { decisionToProto, reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { askFromProto } from "../convert/intents.ts";
import { countDecision } from "../counters.ts";
import { findAddresses } from "../guards/fetch-facts.ts";
import { labelsFromProto, principalFromProto } from "../pinned-identity.ts";
import { encodePlainAllow } from "../plain/encode-plain-allow.ts";
import { isPlainCheck } from "../plain/read-plain-check.ts";
import type { ServiceContext } from "../service-context.ts";
import { CHARGE_RULE, CHECK_RULE } from "../validate/intent-rules.ts";
import { assertValid } from "../validate/rules.ts";
import { takeUpCompleted } from "./take-up-completed.ts";

/** Encoded where there is nothing to say but ALLOW. */
type CheckAnswer = CheckResponse | Uint8Array;

/** Looks at an intent; answered from memory, in the turn it came in. */
export function callCheck(
  context: ServiceContext,
  request: CheckRequest,
): CheckAnswer | Promise<CheckAnswer> {
  if (!isPlainCheck(request)) assertValid(request, CHECK_RULE);
  const ask = askFromProto(request, principalOfIntent(context, request));
  const addresses = findAddresses(context, ask);
  if (addresses === undefined) return answerCheck(context, ask);
  return addresses.then((found) => answerCheck(context, { ...ask, addresses: found }));
}

function answerCheck(context: ServiceContext, ask: Ask): CheckAnswer {
  const decision = context.host.turn((world, now) => check(world, context.caller, ask, now));
  countDecision(context.counters, "check", decision, ask.intent.route);
  const plain = ask.detail === "MINIMAL" ? encodePlainAllow(decision) : undefined;
  if (plain !== undefined) return plain;
  return {
    $typeName: "tollgate.enforcement.v1.CheckResponse",
    decision: decisionToProto(decision, ask.detail, ask.executionId),
  };
}

/** Checks an intent and takes it; answered when that is durable. A refusal took nothing and is answered at once. */
export function callCharge(
  context: ServiceContext,
  request: ChargeRequest,
): ChargeResponse | Promise<ChargeResponse> {
  assertValid(request, CHARGE_RULE);
  const ask = askFromProto(request, principalOfIntent(context, request));
  const taken = takeUpCompleted(context, ask);
  return taken === undefined
    ? resolveCharge(context, request, ask)
    : taken.then(() => resolveCharge(context, request, ask));
}

function resolveCharge(
  context: ServiceContext,
  request: ChargeRequest,
  ask: Ask,
): ChargeResponse | Promise<ChargeResponse> {
  const addresses = findAddresses(context, ask);
  if (addresses === undefined) return answerCharge(context, request, ask);
  return addresses.then((found) => answerCharge(context, request, { ...ask, addresses: found }));
}

function answerCharge(
  context: ServiceContext,
  request: ChargeRequest,
  ask: Ask,
): ChargeResponse | Promise<ChargeResponse> {
  const decision = context.host.turn((world, now) => charge(world, context.caller, ask, now));
  countDecision(context.counters, "charge", decision, ask.intent.route);
  const answer: ChargeResponse = {
    $typeName: "tollgate.enforcement.v1.ChargeResponse",
    decision: decisionToProto(decision, ask.detail, ask.executionId),
  };
  return whenReached(context, decision, request.wait, answer);
}

/** Gives an answer that changed something when the change is durable, or at once where the request says so. */
export function whenReached<A extends { reached?: number | undefined }>(
  context: ServiceContext,
  decision: Decision,
  wait: ChargeRequest["wait"],
  answer: A,
): A | Promise<A> {
  if (!decision.allowed) return answer;
  return context.host.settled(waitFromProto(wait)).then((reached) => {
    answer.reached = reachedToProto(reached);
    return answer;
  });
}

interface IntentRequest {
  readonly executionId?: string | undefined;
  readonly principal?: WirePrincipal | undefined;
  readonly labels: { readonly [name: string]: string };
}

/**
 * Who pays when the execution is not registered.
 * @throws TollgateError PRINCIPAL_PINNED · FIELD_INVALID for another principal or another label than those of the execution
 */
export function principalOfIntent(
  context: ServiceContext,
  request: IntentRequest,
): RequestedPrincipal | undefined {
  const { pinned, host, caller } = context;
  const principal = principalFromProto(request.principal, pinned);
  const names = Object.keys(request.labels);
  if (names.length > 0) labelsFromProto(request.labels, pinned);
  if (request.principal === undefined && names.length === 0) return principal;
  const { executions } = host.world;
  const index = executions.find(caller, request.executionId ?? "");
  if (index === NO_INDEX) return principal;
  const record = executions.record(index);
  for (const [level, name] of LEVELS) {
    const told = request.principal?.[level];
    if (told !== undefined && told !== record.principal[level])
      throw invalidField(`principal.${name}`, "must be that of the execution, or absent");
  }
  let count = Object.keys(record.labels).length;
  for (const name of names) {
    const known = Object.hasOwn(record.labels, name) ? record.labels[name] : undefined;
    if (known === undefined && ++count > MAX_LABELS)
      throw invalidField("labels", `at most ${MAX_LABELS} with the execution's`);
    if (known !== undefined && known !== request.labels[name])
      throw invalidField(`labels[${name}]`, "an intent adds labels, it never replaces one");
  }
  return principal;
}

const LEVELS = [
  ["tenant", "tenant"],
  ["team", "team"],
  ["user", "user"],
  ["apiKeyId", "api_key_id"],
  ["agent", "agent"],
] as const;
