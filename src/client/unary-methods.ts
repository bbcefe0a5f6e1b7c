import {
  create,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { Client, Metadata } from "@grpc/grpc-js";
import { callErrorFrom } from "./call-error.ts";

// From a service's descriptor to one typed function per unary method: no generated stubs.

export interface CallOptions {
  /** How long to wait for the answer, milliseconds; at most 24 days. */
  readonly deadlineMs?: number;
  /** Ends the call with CANCELLED. */
  readonly signal?: AbortSignal;
}

type UnaryNames<S extends DescService> = {
  [K in keyof S["method"]]: S["method"][K] extends { methodKind: "unary" } ? K : never;
}[keyof S["method"]];

/** One function per unary method of `S`. Each throws CallError. */
export type UnaryMethods<S extends DescService> = {
  readonly [K in UnaryNames<S>]: (
    request: MessageInitShape<S["method"][K]["input"]>,
    options?: CallOptions,
  ) => Promise<MessageShape<S["method"][K]["output"]>>;
};

/** Longest deadline: what a timer of Node can hold, rounded down (24 days). */
export const DEADLINE_MAX_MS = 24 * 86_400_000;

/**
 * The unary methods of a service over a channel.
 *
 * @param deadlineOf the deadline of a method that is called without one, milliseconds
 */
export function bindUnaryMethods<S extends DescService>(
  channel: Client,
  service: S,
  metadata: Metadata,
  deadlineOf: (method: string) => number,
): UnaryMethods<S> {
  const methods: { [name: string]: unknown } = {};
  for (const method of service.methods) {
    if (method.methodKind !== "unary") continue;
    const unary = method as DescMethodUnary;
    methods[method.localName] = (request: object, options: CallOptions = {}) =>
      callUnary(
        channel,
        unary,
        metadata,
        request,
        options.deadlineMs ?? deadlineOf(method.localName),
        options.signal,
      );
  }
  return methods as UnaryMethods<S>;
}

/** The path of a method on the wire. */
export function pathOf(method: {
  readonly parent: { readonly typeName: string };
  readonly name: string;
}): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** Bytes as grpc-js wants them, without a copy. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The instant that a deadline means. @throws RangeError when it is not above 0 and at most 24 days */
export function deadlineAt(deadlineMs: number): number {
  if (!(deadlineMs > 0 && deadlineMs <= DEADLINE_MAX_MS)) {
    throw new RangeError(`deadlineMs must be above 0 and at most ${DEADLINE_MAX_MS} (24 days)`);
  }
  return Date.now() + deadlineMs;
}

function callUnary(
  channel: Client,
  method: DescMethodUnary,
  metadata: Metadata,
  request: object,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = channel.makeUnaryRequest(
      pathOf(method),
      (message: object) =>
        bufferOf(
          toBinary(method.input, create(method.input, message as MessageInitShape<typeof method.input>)),
        ),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      request,
      metadata,
      { deadline: deadlineAt(deadlineMs) },
      (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (error !== null) reject(callErrorFrom(error));
        else resolve(response);
      },
    );
    const cancel = () => call.cancel();
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
  });
}
