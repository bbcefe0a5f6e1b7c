import { constants } from "node:http2";
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import { TollgateError } from "../../domain/errors.ts";
import { statusOf } from "../status.ts";
import { type HiddenStream, resetAfterStatus } from "../stream/hidden-stream.ts";
import { holdStreams } from "./session-streams.ts";

// Every call of one door, from its headers to its end. grpc-js calls a handler only when the request has come whole: what
// a peer opens and then leaves would be held for ever and counted nowhere.

/** grpc-js keeps both on the call. */
interface HiddenCall {
  readonly incomingEncoding?: string;
  readonly stream?: HiddenStream;
}

export class OpenCalls {
  readonly #max: number;
  readonly #maxStreams: number;
  #open = 0;
  /** Of them those that send more than one request. */
  #streams = 0;
  /** Calls that need one request, by place, and how often was looked before. No Set: see session-streams.ts. */
  readonly #single: (HiddenStream | undefined)[] = [];
  readonly #openedAt: number[] = [];
  readonly #free: number[] = [];
  #looks = 0;

  /** At most `max` calls are open at once, of them `maxStreams` that send more than one request: streams leave room for questions. */
  constructor(max: number, maxStreams: number) {
    this.#max = max;
    this.#maxStreams = maxStreams;
  }

  get size(): number {
    return this.#open;
  }

  /**
   * Counts a call, and refuses one too many and what is compressed before anything of it is read: many small gzip messages
   * take memory out of all proportion to what was sent. Other calls pass without a layer around them.
   */
  readonly intercept: ServerInterceptor = (method, call) => {
    const { incomingEncoding, stream } = call as unknown as HiddenCall;
    if (incomingEncoding !== "identity") return refuse(call, compressed());
    if (stream === undefined) return call as unknown as ServerInterceptingCall;
    const isFull = this.#open >= this.#max || (method.requestStream && this.#streams >= this.#maxStreams);
    if (isFull) {
      // Not even a status: it would cost what the bound is there to save. Clients see UNAVAILABLE and may try again.
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return new ServerInterceptingCall(call, { start: () => undefined });
    }
    holdStreams(stream);
    this.#open++;
    const place = method.requestStream ? undefined : this.#place(stream);
    if (place === undefined) this.#streams++;
    stream.once("close", () => {
      this.#open--;
      if (place === undefined) this.#streams--;
      else this.#leave(place);
    });
    return call as unknown as ServerInterceptingCall;
  };

  /** Resets calls whose one request has not come whole since the look before the last one. */
  endSilent(): void {
    for (const [place, stream] of this.#single.entries()) {
      if (stream === undefined || (this.#openedAt[place] as number) >= this.#looks) continue;
      const { state } = stream.state;
      if (state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE) continue;
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
    this.#looks++;
  }

  #place(stream: HiddenStream): number {
    const place = this.#free.pop() ?? this.#single.length;
    this.#single[place] = stream;
    this.#openedAt[place] = this.#looks;
    return place;
  }

  #leave(place: number): void {
    this.#single[place] = undefined;
    this.#free.push(place);
  }
}

function compressed(): TollgateError {
  return new TollgateError("COMPRESSION_REFUSED", "compressed messages are not taken: send them as they are");
}

function refuse(call: ServerInterceptingCallInterface, error: TollgateError): ServerInterceptingCall {
  return new ServerInterceptingCall(call, {
    start: () => {
      resetAfterStatus((call as unknown as HiddenCall).stream);
      call.sendStatus(statusOf(error));
    },
  });
}
