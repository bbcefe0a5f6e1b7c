import { TollgateError } from "../domain/errors.ts";
import type { CallerId } from "../domain/ids.ts";
import type { WallMs } from "../domain/time.ts";
import { type Counters, openStreams } from "./counters.ts";
import type { CompletedLookup } from "./enforcement/completed-lookup.ts";
import type { FindOutcomes } from "./enforcement/outcome-calls.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { FactSources } from "./guards/fetch-facts.ts";
import type { PinnedIdentity } from "./pinned-identity.ts";
import type { ApprovalWaiters } from "./stream/approval-waiters.ts";
import type { EventHub } from "./stream/event-hub.ts";
import type { StreamRegistry } from "./stream/stream-registry.ts";
import type { TransportLimits } from "./transport-limits.ts";
import type { TransportObserver } from "./transport-observer.ts";

/** What the file is, as clients are told. */
export interface StoreInfo {
  readonly storeId: string;
  /** What an acknowledged change survives: a loss of power too, or a kill only. */
  readonly durability: "power" | "process";
}

/** What GetInfo tells beside limits and policy. */
export interface DaemonInfo {
  readonly version: string;
  readonly startedAt: WallMs;
  /** Settings that weaken or strengthen what is promised, by name. */
  readonly settings: { readonly [name: string]: string };
  /** Standing warnings, SCREAMING_SNAKE. */
  readonly warnings: readonly string[];
}

/** What the handlers of one door share. Several doors share everything but `caller`. */
export interface ServiceContext {
  readonly host: EngineAccess;
  /** The socket or credential of this door: ids are kept per caller. */
  readonly caller: CallerId;
  readonly limits: TransportLimits;
  readonly pinned: PinnedIdentity;
  readonly counters: Counters;
  readonly observer: TransportObserver;
  readonly storeInfo: () => StoreInfo;
  readonly info: DaemonInfo;
  readonly completed: CompletedLookup;
  readonly findOutcomes: FindOutcomes;
  readonly events: EventHub;
  readonly streams: StreamRegistry;
  readonly approvals: ApprovalWaiters;
  /** Where facts for the guards come from. */
  readonly facts?: FactSources | undefined;
  /** Open watches: ended when the daemon stops. */
  readonly watches: Set<{ onStop(): void }>;
}

/** @throws TollgateError STREAMS_FULL when as many streams, watches and polls are open as may be */
export function assertStreamRoom(context: Pick<ServiceContext, "counters" | "limits">): void {
  const { maxStreams } = context.limits;
  if (openStreams(context.counters) < maxStreams) return;
  throw new TollgateError("STREAMS_FULL", `${maxStreams} streams are open, as many as may be (max_streams)`, {
    retryAfterMs: 1_000,
  });
}
