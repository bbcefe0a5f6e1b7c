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

/**
 * A message of a stream as it came. grpc-js decodes all that a socket has before the first is handled: as objects a message
 * takes forty times its bytes, outlives the next collection of young objects and has to be copied. So it stays bytes until
 * its turn (docs/decisions/0017).
 */
export class Unread<I extends DescMessage> {
  readonly #bytes: Buffer;
  readonly #decode: (bytes: Buffer) => MessageShape<I> | Undecoded;

  constructor(bytes: Buffer, decode: (bytes: Buffer) => MessageShape<I> | Undecoded) {
    this.#bytes = bytes;
    this.#decode = decode;
  }

  /** @throws TollgateError MESSAGE_TOO_LARGE, MESSAGE_UNDECODABLE */
  read(): MessageShape<I> {
    const message = this.#decode(this.#bytes);
    if (message instanceof Undecoded) throw message.error;
    return message;
  }
}

export type Sent<O extends DescMessage> = MessageShape<O> | Uint8Array;

const READ_OPTIONS = { readUnknownFields: false } as const;

/** Reads what most messages of a type are; undefined: this one is another. */
export type PlainReader = (bytes: Buffer) => object | undefined;

/** Decodes without ever throwing: grpc-js would answer INTERNAL. */
export function createDecoder<I extends DescMessage>(
  schema: I,
  maxBytes: number,
  readPlain?: PlainReader,
): (bytes: Buffer) => MessageShape<I> | Undecoded {
  return (bytes) => {
    if (bytes.byteLength > maxBytes) {
      const message = `message of ${bytes.byteLength} bytes is above ${maxBytes}, the most of ${schema.typeName}`;
      return new Undecoded(
        new TollgateError("MESSAGE_TOO_LARGE", message, { metadata: { max_bytes: String(maxBytes) } }),
      );
    }
    const plain = readPlain?.(bytes);
    if (plain !== undefined) return plain as MessageShape<I>;
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
export function defineMethod(
  method: DescMethod,
  maxBytes: number,
  readPlain?: PlainReader,
): MethodDefinition<unknown, unknown> {
  const decode = createDecoder(method.input, maxBytes, readPlain);
  const requestStream = method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming";
  return {
    path: pathOf(method),
    requestStream,
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: createEncoder(method.input) as (message: unknown) => Buffer,
    requestDeserialize: requestStream ? (bytes) => new Unread(bytes, decode) : decode,
    responseSerialize: createEncoder(method.output) as (message: unknown) => Buffer,
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

export function pathOf(method: DescMethod): string {
  return `/${(method.parent satisfies DescService).typeName}/${method.name}`;
}
