import type { DescService, MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ChargeRequestSchema, CheckRequestSchema } from "../gen/tollgate/enforcement/v1/check_pb.ts";
import type { Decision } from "../gen/tollgate/enforcement/v1/decision_pb.ts";
import { EnforcementService } from "../gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import type { IntentSchema } from "../gen/tollgate/enforcement/v1/intent_pb.ts";
import type { ReserveRequestSchema } from "../gen/tollgate/enforcement/v1/reservation_pb.ts";
import { findAddress } from "./address.ts";
import { type Answer, answerFrom } from "./answer.ts";
import { CallError, isUnavailable } from "./call-error.ts";
import { BLOCK, type OnUnavailable, UnattendedDecider } from "./on-unavailable.ts";
import { bindUnaryMethods, type CallOptions, DEADLINE_MAX_MS, type UnaryMethods } from "./unary-methods.ts";

// The door: one channel to one daemon. Reports go through createReporter, watching through watchExecution.

/** Deadline of what an agent waits for before it acts: a daemon that takes longer counts as away. */
export const DECISION_DEADLINE_MS = 250;
/** Deadline of everything else; longer than the longest wait for a commit. */
const OTHER_DEADLINE_MS = 30_000;
/** `GetApproval` may wait 60 s for a person. */
const APPROVAL_DEADLINE_MS = 75_000;
/** How long a start waits for the daemon, which may start at the same time. */
const READY_DEADLINE_MS = 10_000;

export interface ClientOptions {
  /** `unix:PATH` or `HOST:PORT`. Default: `TOLLGATE_ADDRESS`, else the default socket. */
  readonly address?: string;
  /** How long to wait for the daemon at the start, milliseconds. Default 10,000. */
  readonly readyDeadlineMs?: number;
  /** Deadline of Check, Charge and Reserve, milliseconds. Default 250. */
  readonly decisionDeadlineMs?: number;
  /** What to answer while no daemon does. Default: BLOCK. */
  readonly onUnavailable?: OnUnavailable;
}

export interface TollgateClient {
  readonly channel: Client;
  readonly address: string;
  /** The unary methods as they are: a daemon that is away is a CallError. */
  readonly calls: UnaryMethods<typeof EnforcementService>;
  readonly unattended: UnattendedDecider;
  /** Asks whether an intent would be allowed. Never fails because the daemon is away. @throws CallError */
  check(request: MessageInitShape<typeof CheckRequestSchema>, options?: CallOptions): Promise<Answer>;
  /** Asks and takes in one call; what it took is not reported again. @throws CallError */
  charge(request: MessageInitShape<typeof ChargeRequestSchema>, options?: CallOptions): Promise<Answer>;
  /** Asks and holds; see reserve in reservation.ts for a hold that resolves itself. @throws CallError */
  reserve(request: MessageInitShape<typeof ReserveRequestSchema>, options?: CallOptions): Promise<Answer>;
  close(): void;
}

/**
 * Connects to the daemon and waits until it is there.
 *
 * @throws CallError DEADLINE_EXCEEDED when it is not there in time and `onUnavailable` blocks; a client that may go on
 * alone is answered at once
 */
export async function connectClient(options: ClientOptions = {}): Promise<TollgateClient> {
  const client = createClient(options);
  try {
    await waitForReady(client.channel, client.address, options.readyDeadlineMs ?? READY_DEADLINE_MS);
    client.unattended.noteContact();
  } catch (error) {
    if ((options.onUnavailable ?? BLOCK).kind === "block") {
      client.close();
      throw error;
    }
  }
  return client;
}

/** A client without waiting for the daemon: the first call finds out. */
export function createClient(options: ClientOptions = {}): TollgateClient {
  const address = findAddress(options.address, process.env);
  const channel = openChannel(address);
  const unattended = new UnattendedDecider(options.onUnavailable ?? BLOCK);
  const decisionMs = options.decisionDeadlineMs ?? DECISION_DEADLINE_MS;
  const calls = bindUnaryMethods(channel, EnforcementService, new Metadata(), (method) =>
    deadlineOf(method, decisionMs),
  );
  const ask = async (
    intent: MessageInitShape<typeof IntentSchema> | undefined,
    call: () => Promise<Decided>,
  ): Promise<Answer> => {
    try {
      const { decision } = await call();
      unattended.noteContact();
      return answerFrom(decision);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      return answerFrom(unattended.decide(intent), true);
    }
  };
  return {
    channel,
    address,
    calls,
    unattended,
    check: (request, callOptions) => ask(request.intent, () => calls.check(request, callOptions)),
    charge: (request, callOptions) => ask(request.intent, () => calls.charge(request, callOptions)),
    reserve: (request, callOptions) => ask(request.intent, () => calls.reserve(request, callOptions)),
    close: () => channel.close(),
  };
}

/** What the three deciding answers share. */
interface Decided {
  readonly decision?: Decision | undefined;
}

const DECIDING: ReadonlySet<string> = new Set(["check", "charge", "reserve", "checkToolCall"]);

function deadlineOf(method: string, decisionMs: number): number {
  if (DECIDING.has(method)) return decisionMs;
  return method === "getApproval" ? APPROVAL_DEADLINE_MS : OTHER_DEADLINE_MS;
}

/** The unary methods of any other service of the daemon, for example an admin service on the admin socket. */
export function connectService<S extends DescService>(
  address: string,
  service: S,
): UnaryMethods<S> & { readonly close: () => void } {
  const channel = openChannel(address);
  return {
    ...bindUnaryMethods(channel, service, new Metadata(), () => OTHER_DEADLINE_MS),
    close: () => channel.close(),
  };
}

function openChannel(address: string): Client {
  return new Client(address, credentials.createInsecure(), {
    // A daemon that restarts is back within a second: look often.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.min_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    // The client's own ids make retries safe; hidden ones would double the wait.
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    // One address, one connection of its own: a closed client must not live on in a pool.
    "grpc.use_local_subchannel_pool": 1,
  });
}

/** Resolves when the daemon is there. @throws CallError DEADLINE_EXCEEDED */
export function waitForReady(channel: Client, address: string, deadlineMs: number): Promise<void> {
  const withinMs = Math.min(deadlineMs, DEADLINE_MAX_MS);
  return new Promise((resolve, reject) => {
    channel.waitForReady(Date.now() + withinMs, (error) => {
      if (error === undefined) resolve();
      else
        reject(
          new CallError(
            status.DEADLINE_EXCEEDED,
            `no daemon at ${address} within ${withinMs} ms: start it with \`npm start\`, or name its address in TOLLGATE_ADDRESS`,
          ),
        );
    });
  });
}
