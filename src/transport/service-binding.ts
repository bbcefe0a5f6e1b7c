import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import { TollgateError } from "../domain/errors.ts";

// From a descriptor to what grpc-js registers. Requests that cannot be decoded arrive as values, so that the one wrapper
// answers them; answers may come encoded already, so that one event is encoded once for a thousand watchers.

/** A request that did not become a message. */
export class Undecoded {
  readonly error: TollgateError;
  constructor(error: TollgateError) {
    this.error = error;
  }
}

export type Received<I extends DescMessage> = MessageShape<I> | Undecoded;
export type Sent<O extends DescMessage> = MessageShape<O> | Uint8Array;

const READ_OPTIONS = { readUnknownFields: false } as const;

/** Decodes without ever throwing: grpc-js would answer INTERNAL. */
export function createDecoder<I extends DescMessage>(
  schema: I,
  maxBytes: number,
): (bytes: Buffer) => Received<I> {
  return (bytes) => {
    if (bytes.byteLength > maxBytes) {
      const message = `message of ${bytes.byteLength} bytes is above ${maxBytes}, the most of ${schema.typeName}`;
      return new Undecoded(
        new TollgateError("MESSAGE_TOO_LARGE", message, { metadata: { max_bytes: String(maxBytes) } }),
      );
    }
    try {
      return fromBinary(schema, bytes, READ_OPTIONS);
    } catch {
      return new Undecoded(new TollgateError("MESSAGE_UNDECODABLE", `message is not a ${schema.typeName}`));
    }
  };
}

/** Encodes into a buffer that shares the memory of the encoded bytes. */
export function createEncoder<O extends DescMessage>(schema: O): (message: Sent<O>) => Buffer {
  return (message) => {
    const bytes = message instanceof Uint8Array ? message : toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** The definition of one method, for the server and, in tests, for a client. */
export function defineMethod(method: DescMethod, maxBytes: number): MethodDefinition<unknown, unknown> {
  return {
    path: pathOf(method),
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: createEncoder(method.input) as (message: unknown) => Buffer,
    requestDeserialize: createDecoder(method.input, maxBytes),
    responseSerialize: createEncoder(method.output) as (message: unknown) => Buffer,
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

export function pathOf(method: DescMethod): string {
  return `/${(method.parent satisfies DescService).typeName}/${method.name}`;
}
