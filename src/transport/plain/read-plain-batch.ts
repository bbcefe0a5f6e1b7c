import type { StreamUsageRequest } from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import type { StepUsage, TokenUsage, Usage, UsageGroup } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { BYTES, FIRST_VISIBLE, NUMBER, PlainReader, tagOf } from "./plain-reader.ts";

// Most messages of a stream are batches whose reports say tokens, cost, counts and a step. They are read here in one pass, a
// quarter of what the general way takes; whether they are within bounds is looked at afterwards, as of every batch. Whatever
// else a message carries, it is read the general way, as if this file were not there.

/** What all reports without them share. */
const NO_EXTRA_COSTS = Object.freeze<Usage["extraCosts"]>([]) as Usage["extraCosts"];
const NO_CUSTOM: Usage["custom"] = Object.freeze({});

/** Undefined: there is more in it than is read here, or something wrong. */
export function readPlainBatch(bytes: Buffer): StreamUsageRequest | undefined {
  const reader = new PlainReader(bytes);
  if (reader.number() !== tagOf(2, BYTES)) return undefined;
  if (reader.end(bytes.length) !== bytes.length) return undefined;
  const groups: UsageGroup[] = [];
  let last: UsageGroup | undefined;
  while (reader.at < bytes.length) {
    if (reader.number() !== tagOf(1, BYTES)) return undefined;
    last = readGroup(reader, bytes.length, last);
    groups.push(last);
  }
  if (reader.failed) return undefined;
  return {
    $typeName: "tollgate.enforcement.v1.StreamUsageRequest",
    message: { case: "usageBatch", value: { $typeName: "tollgate.enforcement.v1.UsageBatch", groups } },
  };
}

/** Groups of one batch usually name the same provider, model and route as the `last` one. */
function readGroup(reader: PlainReader, within: number, last: UsageGroup | undefined): UsageGroup {
  const end = reader.end(within);
  let executionId = "";
  let provider: string | undefined;
  let model: string | undefined;
  let route: string | undefined;
  let firstSequence = 0n;
  let wantDecision: boolean | undefined;
  const usage: Usage[] = [];
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(7, BYTES)) usage.push(readUsage(reader, end));
    else if (tag === tagOf(1, BYTES)) executionId = reader.text(end, FIRST_VISIBLE);
    else if (tag === tagOf(2, BYTES)) provider = reader.usualText(end, last?.provider);
    else if (tag === tagOf(3, BYTES)) model = reader.usualText(end, last?.model);
    else if (tag === tagOf(4, BYTES)) route = reader.usualText(end, last?.route);
    else if (tag === tagOf(5, NUMBER)) firstSequence = reader.amount();
    else if (tag === tagOf(6, NUMBER)) wantDecision = reader.flag();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.UsageGroup",
    executionId,
    provider,
    model,
    route,
    firstSequence,
    wantDecision,
    usage,
  };
}

function readUsage(reader: PlainReader, within: number): Usage {
  const end = reader.end(within);
  let steps: bigint | undefined;
  let tokens: TokenUsage | undefined;
  let costNanoUsd: bigint | undefined;
  let requests: bigint | undefined;
  let cpuMillis: bigint | undefined;
  let memoryMibMillis: bigint | undefined;
  let memoryBytes: bigint | undefined;
  let toolCalls: bigint | undefined;
  let modifications: bigint | undefined;
  let step: StepUsage | undefined;
  let storageBytes: bigint | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, NUMBER)) steps = reader.amount();
    else if (tag === tagOf(2, BYTES) && tokens === undefined) tokens = readTokens(reader, end);
    else if (tag === tagOf(3, NUMBER)) costNanoUsd = reader.amount();
    else if (tag === tagOf(5, NUMBER)) requests = reader.amount();
    else if (tag === tagOf(6, NUMBER)) cpuMillis = reader.amount();
    else if (tag === tagOf(7, NUMBER)) memoryMibMillis = reader.amount();
    else if (tag === tagOf(8, NUMBER)) memoryBytes = reader.amount();
    else if (tag === tagOf(9, NUMBER)) toolCalls = reader.amount();
    else if (tag === tagOf(10, NUMBER)) modifications = reader.amount();
    else if (tag === tagOf(13, BYTES) && step === undefined) step = readStep(reader, end);
    else if (tag === tagOf(17, NUMBER)) storageBytes = reader.amount();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.Usage",
    steps,
    tokens,
    costNanoUsd,
    extraCosts: NO_EXTRA_COSTS,
    requests,
    cpuMillis,
    memoryMibMillis,
    memoryBytes,
    toolCalls,
    modifications,
    custom: NO_CUSTOM,
    step,
    storageBytes,
  };
}

function readTokens(reader: PlainReader, within: number): TokenUsage {
  const end = reader.end(within);
  let input: bigint | undefined;
  let output: bigint | undefined;
  let cacheRead: bigint | undefined;
  let cacheWrite: bigint | undefined;
  let cacheWriteLong: bigint | undefined;
  let reasoning: bigint | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, NUMBER)) input = reader.amount();
    else if (tag === tagOf(2, NUMBER)) output = reader.amount();
    else if (tag === tagOf(3, NUMBER)) cacheRead = reader.amount();
    else if (tag === tagOf(4, NUMBER)) cacheWrite = reader.amount();
    else if (tag === tagOf(5, NUMBER)) cacheWriteLong = reader.amount();
    else if (tag === tagOf(6, NUMBER)) reasoning = reader.amount();
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.TokenUsage",
    input,
    output,
    cacheRead,
    cacheWrite,
    cacheWriteLong,
    reasoning,
  };
}

function readStep(reader: PlainReader, within: number): StepUsage {
  const end = reader.end(within);
  let name: string | undefined;
  let signature: string | undefined;
  let discovered: boolean | undefined;
  let plannedOnly: boolean | undefined;
  let resultDigest: string | undefined;
  while (reader.at < end) {
    const tag = reader.number();
    if (tag === tagOf(1, BYTES)) name = reader.text(end);
    else if (tag === tagOf(2, BYTES)) signature = reader.text(end);
    else if (tag === tagOf(3, NUMBER)) discovered = reader.flag();
    else if (tag === tagOf(4, NUMBER)) plannedOnly = reader.flag();
    else if (tag === tagOf(5, BYTES)) resultDigest = reader.text(end);
    else reader.fail(undefined);
  }
  reader.leave(end);
  return {
    $typeName: "tollgate.enforcement.v1.StepUsage",
    name,
    signature,
    discovered,
    plannedOnly,
    resultDigest,
  };
}
