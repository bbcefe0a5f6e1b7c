import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import {
  assertOperatorRoom,
  findOperatorAnswer,
  rememberOperatorAnswer,
} from "../../engine/requests/operator-requests.ts";
import { requestConflict } from "../../engine/requests/requests.ts";
import type { WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { reachedToProto, waitFromProto } from "../convert/decisions.ts";
import type { EngineAccess } from "../engine-access.ts";

/** A write as it came. */
export interface OperatorWrite {
  readonly requestId: string | undefined;
  readonly wait: WaitMode | undefined;
  /** What is done and with what, in canonical form: equal for equal requests. */
  readonly content: string;
}

interface Answer {
  /** What was reached; a change sets any value, and the memory the one that is true. Absent when nothing changed. */
  reached?: WaitMode | undefined;
}

/** Keeps the answer of a write. Call it in the turn that makes the answer true: both are in one cut then. */
export type Keep<A> = (answer: A) => void;

interface Running {
  readonly content: string;
  readonly answer: Promise<unknown>;
}

/**
 * Answers every write of operators when it is durable, and one that names a `request_id` once: a retry, also after a restart,
 * is answered as the first one was. One that failed may be tried again under its id.
 */
export class RequestMemory {
  readonly #host: EngineAccess;
  readonly #running = new Map<string, Running>();

  constructor(host: EngineAccess) {
    this.#host = host;
  }

  /** @throws TollgateError REQUEST_CONFLICT for the same id with other content · REQUESTS_FULL · as `run` */
  async once<D extends DescMessage>(
    schema: D,
    write: OperatorWrite,
    run: (keep: Keep<MessageShape<D>>) => MessageShape<D> | Promise<MessageShape<D>>,
  ): Promise<MessageShape<D>> {
    const answer = (await this.#find(schema, write, run)) as MessageShape<D> & Answer;
    if (answer.reached === undefined) return answer;
    return { ...answer, reached: reachedToProto(await this.#host.settled(waitFromProto(write.wait))) };
  }

  async #find<D extends DescMessage>(
    schema: D,
    { requestId, content }: OperatorWrite,
    run: (keep: Keep<MessageShape<D>>) => MessageShape<D> | Promise<MessageShape<D>>,
  ): Promise<MessageShape<D>> {
    if (requestId === undefined) return run(() => undefined);
    const running = this.#running.get(requestId);
    if (running !== undefined) {
      if (running.content !== content) throw requestConflict(requestId);
      return running.answer as Promise<MessageShape<D>>;
    }
    const ask = { requestId, content };
    const host = this.#host;
    const known = findOperatorAnswer(host.world, ask, host.now());
    if (known !== undefined) return fromBinary(schema, Buffer.from(known, "base64"));
    assertOperatorRoom(host.world);
    const keep: Keep<MessageShape<D>> = (answer) => {
      const message = Buffer.from(toBinary(schema, answer)).toString("base64");
      rememberOperatorAnswer(host.world, ask, message, host.now());
    };
    const answer = (async () => run(keep))();
    this.#running.set(requestId, { content, answer });
    try {
      return await answer;
    } finally {
      this.#running.delete(requestId);
    }
  }
}
