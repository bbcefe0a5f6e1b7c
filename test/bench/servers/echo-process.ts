// The yardstick: a bare grpc-js server that decodes the real request and encodes a real ALLOW decision, one answer per
// message. node echo-process.ts SOCKET
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from "@grpc/grpc-js";
import {
  type CheckRequest,
  CheckRequestSchema,
  type CheckResponse,
  CheckResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/check_pb.ts";
import type { Decision } from "../../../src/gen/tollgate/enforcement/v1/decision_pb.ts";
import { Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import {
  type StreamUsageRequest,
  StreamUsageRequestSchema,
  type StreamUsageResponse,
  StreamUsageResponseSchema,
} from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { UsageBatch } from "../../../src/gen/tollgate/enforcement/v1/usage_pb.ts";
import {
  CONNECTION_IDLE_MS,
  KEEPALIVE_MS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_MESSAGE_BYTES,
  MAX_STREAMS_PER_CONNECTION,
  SESSION_MEMORY_MB,
} from "../../../src/transport/transport-limits.ts";
import { answerSamples } from "./control.ts";

const server = new Server({
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  "grpc.keepalive_time_ms": KEEPALIVE_MS,
  "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
  "grpc.max_concurrent_streams": MAX_STREAMS_PER_CONNECTION,
  "grpc.max_connection_idle_ms": CONNECTION_IDLE_MS,
  "grpc-node.max_session_memory": SESSION_MEMORY_MB,
  "grpc.enable_channelz": 0,
});
const PREFIX = "/tollgate.enforcement.v1.EnforcementService/";
const READ_OPTIONS = { readUnknownFields: false } as const;
let decisions = 0;

function allow(): Decision {
  return {
    $typeName: "tollgate.enforcement.v1.Decision",
    verdict: Verdict.ALLOW,
    allowed: true,
    findings: [],
    approvalIds: [],
    remaining: [],
    obligations: [],
    guardDetails: [],
    advice: [],
    decisionId: `decision-${String(++decisions).padStart(16, "0")}`,
    policyEtag: "0123456789abcdef",
    resolvedHosts: [],
  };
}

function answerBatch(batch: UsageBatch): StreamUsageResponse {
  const last = batch.groups.at(-1);
  const throughSequence = last === undefined ? 0n : last.firstSequence + BigInt(last.usage.length - 1);
  return {
    $typeName: "tollgate.enforcement.v1.StreamUsageResponse",
    message: {
      case: "decisions",
      value: {
        $typeName: "tollgate.enforcement.v1.Decisions",
        throughSequence,
        decisions: [
          {
            $typeName: "tollgate.enforcement.v1.ExecutionDecision",
            executionId: last?.executionId ?? "",
            decision: allow(),
          },
        ],
      },
    },
  };
}

function shared(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

server.addService(
  {
    check: {
      path: `${PREFIX}Check`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (request: CheckRequest) => shared(toBinary(CheckRequestSchema, request)),
      requestDeserialize: (bytes) => fromBinary(CheckRequestSchema, bytes, READ_OPTIONS),
      responseSerialize: (response: CheckResponse) => shared(toBinary(CheckResponseSchema, response)),
      responseDeserialize: (bytes) => fromBinary(CheckResponseSchema, bytes),
    },
    streamUsage: {
      path: `${PREFIX}StreamUsage`,
      requestStream: true,
      responseStream: true,
      requestSerialize: (request: StreamUsageRequest) => shared(toBinary(StreamUsageRequestSchema, request)),
      requestDeserialize: (bytes) => fromBinary(StreamUsageRequestSchema, bytes, READ_OPTIONS),
      responseSerialize: (response: StreamUsageResponse) =>
        shared(toBinary(StreamUsageResponseSchema, response)),
      responseDeserialize: (bytes) => fromBinary(StreamUsageResponseSchema, bytes),
    },
  },
  {
    check: (
      _call: ServerUnaryCall<CheckRequest, CheckResponse>,
      callback: sendUnaryData<CheckResponse>,
    ): void => callback(null, { $typeName: "tollgate.enforcement.v1.CheckResponse", decision: allow() }),
    streamUsage: (call: ServerDuplexStream<StreamUsageRequest, StreamUsageResponse>): void => {
      call.on("data", ({ message }: StreamUsageRequest) => {
        if (message.case === "usageBatch") call.write(answerBatch(message.value));
      });
      call.on("end", () => call.end());
      call.on("error", () => undefined);
    },
  },
);

server.bindAsync(`unix:${process.argv[2]}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  answerSamples(() => server.forceShutdown());
});
