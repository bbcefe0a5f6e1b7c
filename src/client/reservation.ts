import { randomUUID } from "node:crypto";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  ReserveRequestSchema,
  SettleRequestSchema,
  SettleResponse,
} from "../gen/tollgate/enforcement/v1/reservation_pb.ts";
import type { UsageSchema } from "../gen/tollgate/enforcement/v1/usage_pb.ts";
import type { Answer } from "./answer.ts";
import type { TollgateClient } from "./connect-client.ts";
import type { CallOptions } from "./unary-methods.ts";

/** What the usage was, beside its amounts: absent takes what was reserved. */
export type SettleDetails = Omit<
  MessageInitShape<typeof SettleRequestSchema>,
  "executionId" | "reservationId" | "usage" | "$typeName"
>;

type ReserveFields = Omit<MessageInitShape<typeof ReserveRequestSchema>, "$typeName">;

/**
 * A hold that resolves itself: `await using held = await reserve(…)` releases it at the end of the block unless it was
 * settled. Settling through a report (`settlesReservationId`) is exact for ever; say so with `settledByReport`.
 */
export class Reservation {
  readonly answer: Answer;
  readonly executionId: string;
  readonly reservationId: string;
  readonly #client: TollgateClient;
  #isOpen: boolean;

  constructor(client: TollgateClient, answer: Answer, executionId: string, reservationId: string) {
    this.answer = answer;
    this.executionId = executionId;
    this.reservationId = reservationId;
    this.#client = client;
    // What the client itself allowed holds nothing.
    this.#isOpen = answer.allowed && !answer.local;
  }

  get allowed(): boolean {
    return this.answer.allowed;
  }

  /** Charges the true usage, once; a repeat with the same content gives the first answer. @throws CallError */
  async settle(
    usage: MessageInitShape<typeof UsageSchema>,
    details: SettleDetails = {},
    options?: CallOptions,
  ): Promise<SettleResponse> {
    const { executionId, reservationId } = this;
    const response = await this.#client.calls.settle(
      { ...details, executionId, reservationId, usage },
      options,
    );
    this.#isOpen = false;
    return response;
  }

  /** A report carries `settlesReservationId`: nothing is left to resolve here. */
  settledByReport(): void {
    this.#isOpen = false;
  }

  /** Gives the hold back; does nothing when nothing is held. @throws CallError */
  async release(options?: CallOptions): Promise<void> {
    if (!this.#isOpen) return;
    await this.#client.calls.release(
      { executionId: this.executionId, reservationId: this.reservationId },
      options,
    );
    this.#isOpen = false;
  }

  /** Heartbeat: a new time to live from now. @throws CallError */
  async extend(timeToLiveMs: number, options?: CallOptions): Promise<void> {
    await this.#client.calls.extend(
      {
        executionId: this.executionId,
        target: { case: "reservationId", value: this.reservationId },
        timeToLive: {
          seconds: BigInt(Math.floor(timeToLiveMs / 1_000)),
          nanos: Math.floor(timeToLiveMs % 1_000) * 1_000_000,
        },
      },
      options,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }
}

/**
 * Asks for an intent and holds it. Without `reservationId` one is made. Refused: `allowed` is false and nothing is held.
 *
 * @throws CallError
 */
export async function reserve(
  client: TollgateClient,
  request: ReserveFields,
  options?: CallOptions,
): Promise<Reservation> {
  const reservationId =
    request.reservationId === undefined || request.reservationId === ""
      ? randomUUID()
      : request.reservationId;
  const answer = await client.reserve({ ...request, reservationId }, options);
  return new Reservation(client, answer, request.executionId ?? "", reservationId);
}
