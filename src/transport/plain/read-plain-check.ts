import type { CheckRequest } from "../../gen/tollgate/enforcement/v1/check_pb.ts";
import type { Estimate, Intent, IntentStep } from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
import type { TokenUsage } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { BYTES, FIRST_VISIBLE, NUMBER, PlainReader, tagOf } from "./plain-reader.ts";

// Most checks name an execution, a step, a model and some amounts, and nothing else. They are read here in one pass, a quarter of what
// the general way takes, and need no second look: nothing that CHECK_RULE would refuse is taken. Whatever else a request carries,
// it is read the general way, as if this file were not there.

/** A check that was read and is within every bound. */
export interface PlainCheck extends CheckRequest {
  readonly isPlain: true;
}

export function isPlainCheck(request: CheckRequest): request is PlainCheck {
  return "isPlain" in request;
}

/** Undefined: there is more in it than is read here, or something wrong. */
export function readPlainCheck(bytes: Buffer): PlainCheck | undefined {
  const reader = new PlainReader(bytes);
  const { length } = bytes;
  let executionId: string | undefined;
  let intent: Intent | undefined;
  while (reader.at < length) {
    const tag = reader.number();
    if (tag === tagOf(1, BYTES)) executionId = reader.text(length, FIRST_VISIBLE);
    else if (tag === tagOf(2, BYTES) && intent === undefined) intent = readIntent(reader, length);
    else return undefined;
  }
  if (reader.failed || intent === undefined) return undefined;
  return {
    $typeName: "tollgate.enforcement.v1.CheckRequest",
    executionId,
    intent,
    scopes: [],
    labels: {},
    isPlain: true,
  };
}

function readIntent(reader: PlainReader, within: number): Intent {
  const end = reader.end(within);
  let step: IntentStep | undefined;
  let estimate: Estimate | undefined;
  let weight: bigint | undefined;
  let provider: string | undefined;
  let model: string | undefined;
  let route: string | undefined;
  let tool: string | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, BYTES) && step === undefined) step = readStep(reader, end);
    else if (tag === tagOf(2, BYTES) && estimate === undefined) estimate = readEstimate(reader, end);
    else if (tag === tagOf(3, NUMBER)) weight = BigInt(reader.number());
    else if (tag === tagOf(4, BYTES)) provider = reader.text(end);
    else if (tag === tagOf(5, BYTES)) model = reader.text(end);
    else if (tag === tagOf(6, BYTES)) route = reader.text(end);
    else if (tag === tagOf(10, BYTES)) tool = reader.text(end);
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.Intent",
    step,
    estimate,
    weight,
    provider,
    model,
    route,
    tool,
  };
}

function readStep(reader: PlainReader, within: number): IntentStep {
  const end = reader.end(within);
  let name: string | undefined;
  let signature: string | undefined;
  let discovered: boolean | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, BYTES)) name = reader.text(end);
    else if (tag === tagOf(2, BYTES)) signature = reader.text(end);
    else if (tag === tagOf(3, NUMBER)) discovered = reader.flag();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return { $typeName: "tollgate.enforcement.v1.IntentStep", name, signature, discovered };
}

function readEstimate(reader: PlainReader, within: number): Estimate {
  const end = reader.end(within);
  let tokens: TokenUsage | undefined;
  let costNanoUsd: bigint | undefined;
  let toolCalls: bigint | undefined;
  let modifications: bigint | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, BYTES) && tokens === undefined) tokens = readTokens(reader, end);
    else if (tag === tagOf(2, NUMBER)) costNanoUsd = reader.amount();
    else if (tag === tagOf(4, NUMBER)) toolCalls = reader.amount();
    else if (tag === tagOf(5, NUMBER)) modifications = reader.amount();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.Estimate",
    tokens,
    costNanoUsd,
    custom: {},
    toolCalls,
    modifications,
  };
}

function readTokens(reader: PlainReader, within: number): TokenUsage {
  const end = reader.end(within);
  let input: bigint | undefined;
  let output: bigint | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, NUMBER)) input = reader.amount();
    else if (tag === tagOf(2, NUMBER)) output = reader.amount();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return { $typeName: "tollgate.enforcement.v1.TokenUsage", input, output };
}
