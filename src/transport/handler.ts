import type { DescMessage, DescMethod, DescService, MessageShape } from "@bufbuild/protobuf";
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
} from "@grpc/grpc-js";
import { VERDICTS, type Verdict } from "../domain/decision.ts";
import { TollgateError } from "../domain/errors.ts";
import type { Counters } from "./counters.ts";
import {
  defineMethod,
  type PlainReader,
  pathOf,
  type Sent,
  Undecoded,
  type Unread,
} from "./service-binding.ts";
import { internalStatus, statusOf } from "./status.ts";
import { findStream, resetAfterStatus } from "./stream/hidden-stream.ts";
import type { TransportObserver } from "./transport-observer.ts";

// The one wrapper around every handler. grpc-js neither awaits handlers nor hides what they throw; here every failure
// becomes a status of the catalogue, or INTERNAL without a word of its cause.

export type UnaryCall = ServerUnaryCall<unknown, unknown>;

type HandlerOf<M> = M extends {
  methodKind: infer Kind;
  input: infer I extends DescMessage;
  output: infer O extends DescMessage;
}
  ? Kind extends "unary"
    ? (request: MessageShape<I>, call: UnaryCall) => Sent<O> | Promise<Sent<O>>
    : Kind extends "server_streaming"
      ? (request: MessageShape<I>, call: ServerWritableStream<unknown, Sent<O>>) => void
      : Kind extends "bidi_streaming"
        ? (call: ServerDuplexStream<Unread<I>, Sent<O>>) => void
        : never
  : never;

/** Every method of a service, under its local name. */
export type Implementation<S extends DescService> = {
  readonly [K in keyof S["method"]]: HandlerOf<S["method"][K]>;
};

export interface HandlerOptions {
  readonly observer: TransportObserver;
  readonly counters: Counters;
  /** Most bytes of a request, by the method's local name; others have `maxBytes`. */
  readonly maxBytes: number;
  readonly maxBytesOf?: { readonly [method: string]: number };
  /** Readers of what most requests of a method are; what they leave is read the general way. */
  readonly plainReaders?: { readonly [method: string]: PlainReader };
  /** What a request has to wait for before its handler is called. */
  readonly prepare?: (request: unknown) => Promise<void> | undefined;
}

/** Registers a service with its wrapped handlers. */
export function bindService<S extends DescService>(
  server: Server,
  service: S,
  implementation: Implementation<S>,
  options: HandlerOptions,
): void {
  const definition: { [method: string]: ReturnType<typeof defineMethod> } = {};
  const handlers: { [method: string]: never } = {};
  for (const method of service.methods) {
    const name = method.localName;
    definition[name] = defineMethod(
      method,
      options.maxBytesOf?.[name] ?? options.maxBytes,
      options.plainReaders?.[name],
    );
    const handler = implementation[name as keyof S["method"]] as (...input: unknown[]) => unknown;
    handlers[name] = wrap(method, handler, options) as never;
  }
  server.addService(definition, handlers);
}

type AnyHandler = (...input: never[]) => unknown;

function wrap(method: DescMethod, handler: AnyHandler, options: HandlerOptions): unknown {
  const path = pathOf(method);
  if (method.methodKind === "unary")
    return wrapUnary(path, handler as (request: unknown, call: UnaryCall) => unknown, options);
  if (method.methodKind === "server_streaming") return wrapServerStream(path, handler as never, options);
  return wrapBidi(path, handler as never, options);
}

function wrapUnary(
  path: string,
  handler: (request: unknown, call: UnaryCall) => unknown,
  options: HandlerOptions,
): handleUnaryCall<unknown, unknown> {
  return (call, respond) => {
    options.counters.calls++;
    const fail = (error: unknown): void => respond(statusFor(error, path, options), null);
    const startedMs = options.counters.calls % TIMED_EVERY === 0 ? performance.now() : 0;
    const give = (value: unknown): void => {
      if (startedMs !== 0) timeDecision(options.counters, value, startedMs);
      respond(null, value);
    };
    let answer: unknown;
    try {
      const { request } = call;
      if (request instanceof Undecoded) throw request.error;
      const ready = options.prepare?.(request);
      answer = ready === undefined ? handler(request, call) : ready.then(() => handler(request, call));
    } catch (error) {
      return fail(error);
    }
    if (answer instanceof Promise) answer.then(give, fail);
    else give(answer);
  };
}

/** One call in so many is timed. */
const TIMED_EVERY = 16;

/** Answers without a decision are not timed. */
function timeDecision({ decisionSeconds }: Counters, answer: unknown, startedMs: number): void {
  const name = verdictOf(answer);
  if (name !== undefined) decisionSeconds.with(name).observe((performance.now() - startedMs) / 1_000);
}

/** Of an answer that comes encoded it is ALLOW: no other one does. */
function verdictOf(answer: unknown): Verdict | undefined {
  if (answer instanceof Uint8Array) return "ALLOW";
  const verdict = (answer as { readonly decision?: { readonly verdict?: number } }).decision?.verdict;
  return verdict === undefined ? undefined : VERDICTS[verdict - 1];
}

function wrapServerStream(
  path: string,
  handler: (request: unknown, call: ServerWritableStream<unknown, unknown>) => void,
  options: HandlerOptions,
): handleServerStreamingCall<unknown, unknown> {
  return (call) => {
    options.counters.calls++;
    try {
      if (call.request instanceof Undecoded) throw call.request.error;
      handler(call.request, call);
    } catch (error) {
      failStream(call, error, path, options);
    }
  };
}

function wrapBidi(
  path: string,
  handler: (call: ServerDuplexStream<unknown, unknown>) => void,
  options: HandlerOptions,
): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    options.counters.calls++;
    try {
      handler(call);
    } catch (error) {
      failStream(call, error, path, options);
    }
  };
}

/** Ends a stream with the status of an error, after what was written before. */
export function failStream(
  call: { emit(event: "error", status: StatusObject): boolean },
  error: unknown,
  path: string,
  options: Pick<HandlerOptions, "observer" | "counters">,
): void {
  resetAfterStatus(findStream(call));
  call.emit("error", statusFor(error, path, options));
}

function statusFor(
  error: unknown,
  path: string,
  options: Pick<HandlerOptions, "observer" | "counters">,
): StatusObject & Error {
  const { errors } = options.counters;
  if (error instanceof TollgateError) {
    errors[error.reason] = (errors[error.reason] ?? 0) + 1;
    return statusOf(error) as StatusObject & Error;
  }
  errors["INTERNAL"] = (errors["INTERNAL"] ?? 0) + 1;
  options.observer.internalError(path, error);
  return internalStatus() as StatusObject & Error;
}
