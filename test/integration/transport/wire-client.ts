// A plain grpc-js client over the descriptors: what any generated client does, without the comfort of ours.

import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../../src/gen/google/rpc/status_pb.ts";
import { defineMethod } from "../../../src/transport/service-binding.ts";

/** What a failed call told. */
export class CallFailure extends Error {
  readonly code: string;
  readonly reason: string;
  readonly metadata: { readonly [name: string]: string };
  readonly fields: readonly string[];
  readonly retries: boolean;

  constructor(error: ServiceError) {
    super(error.details);
    this.code = status[error.code] ?? String(error.code);
    const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
    const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
    const find = <D extends DescMessage>(schema: D): MessageShape<D> | undefined => {
      const any = details.find((one) => one.typeUrl.endsWith(`/${schema.typeName}`));
      return any === undefined ? undefined : fromBinary(schema, any.value);
    };
    this.reason = find(ErrorInfoSchema)?.reason ?? "";
    this.metadata = find(ErrorInfoSchema)?.metadata ?? {};
    this.fields = find(BadRequestSchema)?.fieldViolations.map((one) => one.field) ?? [];
    this.retries = find(RetryInfoSchema) !== undefined;
  }
}

type Unary<S extends DescService> = {
  [K in keyof S["method"]]: S["method"][K] extends {
    methodKind: "unary";
    input: infer I extends DescMessage;
    output: infer O extends DescMessage;
  }
    ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
    : S["method"][K] extends {
          methodKind: "server_streaming";
          input: infer I extends DescMessage;
          output: infer O extends DescMessage;
        }
      ? (request: MessageInitShape<I>) => Received<MessageShape<O>>
      : S["method"][K] extends {
            methodKind: "bidi_streaming";
            input: infer I extends DescMessage;
            output: infer O extends DescMessage;
          }
        ? () => Duplex<MessageInitShape<I>, MessageShape<O>>
        : never;
};

/** What a stream received, to be awaited message by message. */
export class Received<O> {
  readonly call: ClientReadableStream<O>;
  readonly #messages: O[] = [];
  readonly #waiting: { resolve: (message: O | undefined) => void; reject: (error: unknown) => void }[] = [];
  #end: { readonly failure: CallFailure | undefined } | undefined;

  constructor(call: ClientReadableStream<O>) {
    this.call = call;
    call.on("data", (message: O) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#messages.push(message);
      else waiting.resolve(message);
    });
    call.on("error", (error: ServiceError) => this.#finish(new CallFailure(error)));
    call.on("status", (told: { code: number }) => {
      if (told.code === 0) this.#finish(undefined);
    });
  }

  /** The next message; undefined when the stream ended well. @throws CallFailure when it ended otherwise */
  next(): Promise<O | undefined> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    if (this.#end !== undefined)
      return this.#end.failure === undefined ? Promise.resolve(undefined) : Promise.reject(this.#end.failure);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The first message that is wanted; those before it are dropped. */
  async until(wanted: (message: O) => boolean): Promise<O> {
    for (;;) {
      const message = await this.next();
      if (message === undefined) throw new Error("the stream ended before the message that was waited for");
      if (wanted(message)) return message;
    }
  }

  /** What the stream ended with. */
  async failure(): Promise<CallFailure> {
    try {
      while ((await this.next()) !== undefined);
    } catch (error) {
      if (error instanceof CallFailure) return error;
      throw error;
    }
    throw new Error("the stream ended well");
  }

  #finish(failure: CallFailure | undefined): void {
    this.#end ??= { failure };
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (failure === undefined) resolve(undefined);
      else reject(failure);
    }
  }
}

export class Duplex<I, O> extends Received<O> {
  readonly #write: (message: I) => void;
  readonly #end: () => void;

  constructor(call: ClientDuplexStream<unknown, O>, write: (message: I) => void) {
    super(call);
    this.#write = write;
    this.#end = () => call.end();
  }

  send(message: I): void {
    this.#write(message);
  }

  end(): void {
    this.#end();
  }
}

export interface WireClient<S extends DescService> {
  readonly rpc: Unary<S>;
  /** For what a well-behaved client never sends. */
  readonly channel: Client;
  close(): void;
}

export function connect<S extends DescService>(
  service: S,
  target: string,
  metadata = new Metadata(),
): WireClient<S> {
  const channel = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const rpc: { [method: string]: unknown } = {};
  for (const method of service.methods) rpc[method.localName] = bind(channel, method, metadata);
  return { rpc: rpc as Unary<S>, channel, close: () => channel.close() };
}

function bind(channel: Client, method: DescMethod, metadata: Metadata): unknown {
  const { path, requestSerialize, responseDeserialize } = defineMethod(method, Number.MAX_SAFE_INTEGER);
  const message = (init: object): unknown => create(method.input, init as never);
  if (method.methodKind === "unary") {
    return (init: object, options: CallOptions = {}) =>
      new Promise((resolve, reject) => {
        channel.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          message(init),
          metadata,
          options,
          (error, value) => {
            if (error === null) resolve(value);
            else reject(new CallFailure(error));
          },
        );
      });
  }
  if (method.methodKind === "server_streaming") {
    return (init: object) =>
      new Received(
        channel.makeServerStreamRequest(path, requestSerialize, responseDeserialize, message(init), metadata),
      );
  }
  return () => {
    const call = channel.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    return new Duplex(call, (init: object) => call.write(message(init)));
  };
}

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<CallFailure> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CallFailure) return error;
    throw error;
  }
  throw new Error("the call succeeded");
}
