// Requests encoded once, so that the driver costs little beside the server. Sequences are patched in: a varint may be
// padded, so every sequence takes five bytes.
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { CheckRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/check_pb.ts";
import { StreamUsageRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { UsageSchema } from "../../../src/gen/tollgate/enforcement/v1/usage_pb.ts";
import { leafId } from "../servers/fixture.ts";
import { frameMessage } from "./bare-stream.ts";

/** Encodes to five bytes that stand nowhere else. */
const MARK = (1n << 34n) + 0x2bcd_ef12n;
const MARK_BYTES = Buffer.from([0x28, ...varint(MARK)]);

export interface Template {
  /** The message with its frame. */
  readonly framed: Buffer;
  /** Where the sequence of each group stands in it. */
  readonly places: readonly number[];
  /** Reports of one group. */
  readonly perGroup: number;
  readonly reports: number;
}

const REPORT: MessageInitShape<typeof UsageSchema> = {
  steps: 1n,
  tokens: { input: 812n, output: 147n },
  costNanoUsd: 3_500_000n,
  requests: 1n,
  toolCalls: 1n,
};

/** One message of `groups` executions with `perGroup` reports each. */
export function createTemplate(leaves: readonly number[], perGroup: number): Template {
  const groups = leaves.map((leaf) => ({
    executionId: leafId(leaf),
    provider: "demo",
    model: "demo-coder",
    firstSequence: MARK,
    usage: Array.from({ length: perGroup }, () => REPORT),
  }));
  const message = create(StreamUsageRequestSchema, { message: { case: "usageBatch", value: { groups } } });
  const framed = frameMessage(toBinary(StreamUsageRequestSchema, message));
  const places: number[] = [];
  for (let at = framed.indexOf(MARK_BYTES); at >= 0; at = framed.indexOf(MARK_BYTES, at + 6))
    places.push(at + 1);
  if (places.length !== leaves.length) throw new Error("the mark of a sequence is not found");
  return { framed, places, perGroup, reports: leaves.length * perGroup };
}

/** Writes the sequences into `framed`, a template's own bytes or a copy of them, the first being `first`. */
export function fillTemplate(template: Template, framed: Buffer, first: number): void {
  let sequence = first;
  for (const place of template.places) {
    let rest = sequence;
    for (let at = 0; at < 4; at++) {
      framed[place + at] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    framed[place + 4] = rest;
    sequence += template.perGroup;
  }
}

export function createHello(reporterId: string): Buffer {
  const hello = { reporterId, epoch: 1n };
  const message = create(StreamUsageRequestSchema, { message: { case: "hello", value: hello } });
  return frameMessage(toBinary(StreamUsageRequestSchema, message));
}

const CHECKS = 4_096;

/** Questions about executions at random. */
export function createChecks(leaves: number): readonly Buffer[] {
  return Array.from({ length: CHECKS }, () => {
    const request = create(CheckRequestSchema, {
      executionId: leafId(Math.floor(Math.random() * leaves)),
      intent: {
        step: { name: "plan" },
        estimate: { tokens: { input: 812n, output: 147n }, toolCalls: 1n },
        weight: 1n,
        provider: "demo",
        model: "demo-coder",
      },
    });
    return Buffer.from(toBinary(CheckRequestSchema, request));
  });
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 0x80);
  return [...bytes, Number(rest)];
}
