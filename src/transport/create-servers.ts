import type { DescService } from "@bufbuild/protobuf";
import type { CallerId } from "../domain/ids.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { ApprovalService } from "../gen/tollgate/admin/v1/approval_service_pb.ts";
import { ExecutionAdminService } from "../gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { PolicyService } from "../gen/tollgate/admin/v1/policy_service_pb.ts";
import { SystemService } from "../gen/tollgate/admin/v1/system_service_pb.ts";
import { TenantService } from "../gen/tollgate/admin/v1/tenant_service_pb.ts";
import { EnforcementService } from "../gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { GuardService } from "../gen/tollgate/enforcement/v1/guard_service_pb.ts";
import type { PolicyAdmin } from "../ports/policy-admin.ts";
import { createApprovalAdminService } from "./admin/approval-admin-service.ts";
import { createExecutionAdminService } from "./admin/execution-admin-service.ts";
import { createPolicyService } from "./admin/policy/policy-service.ts";
import { createTenantService } from "./admin/policy/tenant-service.ts";
import { RequestMemory } from "./admin/request-memory.ts";
import { createSystemService } from "./admin/system-service.ts";
import { storeEventToProto } from "./convert/events.ts";
import { durationToProto } from "./convert/times.ts";
import { type Counters, createCounters } from "./counters.ts";
import { CompletedLookup, type FindCompleted } from "./enforcement/completed-lookup.ts";
import { createEnforcementService, ENFORCEMENT_MAX_BYTES } from "./enforcement/enforcement-service.ts";
import type { FindOutcomes } from "./enforcement/outcome-calls.ts";
import type { EngineAccess } from "./engine-access.ts";
import type { FactSources } from "./guards/fetch-facts.ts";
import { createGuardService } from "./guards/guard-service.ts";
import { bindService, type HandlerOptions } from "./handler.ts";
import { createHealthService, HealthState } from "./health-service.ts";
import { NOTHING_PINNED, type PinnedIdentity } from "./pinned-identity.ts";
import { readPlainBatch } from "./plain/read-plain-batch.ts";
import { readPlainCheck } from "./plain/read-plain-check.ts";
import { createReflectionService } from "./reflection-service.ts";
import { type ListenAddress, Listener } from "./server.ts";
import type { DaemonInfo, ServiceContext, StoreInfo } from "./service-context.ts";
import { ApprovalWaiters } from "./stream/approval-waiters.ts";
import { EventHub } from "./stream/event-hub.ts";
import { encode } from "./stream/pending-answers.ts";
import { StreamRegistry } from "./stream/stream-registry.ts";
import { type PreparePolicy, policyToPrepare } from "./tenant-policy.ts";
import {
  DEFAULT_LIMITS,
  MAX_MESSAGE_BYTES,
  MAX_REQUEST_BYTES,
  OPERATOR_STREAMS,
  type TransportLimits,
} from "./transport-limits.ts";
import { SILENT_OBSERVER, type TransportObserver } from "./transport-observer.ts";

// The doors of the daemon. What daemon.ts needs: createServers(options), then start(); storeStateChanged() from the loop
// that writes cuts; stop() before the last cut.

export interface ServersOptions {
  readonly host: EngineAccess;
  readonly storeInfo: () => StoreInfo;
  readonly info: DaemonInfo;
  /** Doors of agents; at least one. Each has its own caller, so ids of one are unknown at the other. */
  readonly agent: { readonly socket?: ListenAddress | undefined; readonly tcp?: ListenAddress | undefined };
  /** Door of operators; absent = none. */
  readonly admin?: ListenAddress | undefined;
  /** Looks in `completed_executions` by subject; absent = the file knows none. */
  readonly findCompleted?: FindCompleted;
  /** Looks in `outcomes` and `resolved_approvals`; absent = the file knows none. */
  readonly findOutcomes?: FindOutcomes;
  /** Who keeps the policy; absent = operators cannot change it here. */
  readonly policy?: PolicyAdmin;
  /** Makes policies before requests are judged by them; absent = they are made in the turn of the request. */
  readonly preparePolicy?: PreparePolicy;
  /** Where facts for the guards come from; what is missing is refused. */
  readonly facts?: FactSources;
  readonly pinned?: PinnedIdentity;
  readonly limits?: Partial<TransportLimits>;
  readonly observer?: TransportObserver;
  /** Server reflection at the doors of agents; the door of operators always has it. */
  readonly reflection?: boolean;
}

export interface Servers {
  /** What agents and operators dial, in the order socket, tcp; known after start(). */
  readonly targets: { readonly agent: readonly string[]; readonly admin: string | undefined };
  readonly counters: Counters;
  readonly health: HealthState;
  /** Opens every door, then says SERVING. @throws SocketError or the system's error; what was opened is closed again */
  start(): Promise<void>;
  /** The file fails, takes nothing more, or is well again: tells streams and health, and lets reading pause or go on. */
  storeStateChanged(state: "ok" | "failing" | "blocking"): void;
  /** NOT_SERVING, no new executions, streams are told; after at most `drainMs` everything open is ended. */
  stop(drainMs: number): Promise<void>;
}

/** The caller of a door until credentials tell callers apart. */
const CALLERS = { socket: "uds" as CallerId, tcp: "tcp" as CallerId };

export function createServers(options: ServersOptions): Servers {
  const { host, storeInfo, info } = options;
  const limits: TransportLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const counters = createCounters();
  const observer = options.observer ?? SILENT_OBSERVER;
  const shared: Omit<ServiceContext, "caller"> = {
    host,
    limits,
    pinned: options.pinned ?? NOTHING_PINNED,
    counters,
    observer,
    storeInfo,
    info,
    facts: options.facts,
    completed: new CompletedLookup(
      host,
      options.findCompleted ?? (() => Promise.resolve(undefined)),
      observer,
    ),
    findOutcomes: options.findOutcomes ?? (() => Promise.resolve([])),
    events: new EventHub(host, () => storeInfo().storeId, counters, observer),
    streams: new StreamRegistry(host, limits),
    approvals: new ApprovalWaiters(host),
    watches: new Set(),
  };
  const health = new HealthState(host.world.store);
  const doors = createDoors(options, shared, health);
  const agentDoors = doors.filter((door) => door.name !== "admin");
  const adminDoor = doors.find((door) => door.name === "admin");
  return {
    counters,
    health,
    get targets() {
      return { agent: agentDoors.map((door) => door.target), admin: adminDoor?.target };
    },
    start: () => startDoors(doors, health),
    storeStateChanged: (state) => tellStoreState(shared, health, state),
    stop: (drainMs) => stopDoors(doors, shared, health, drainMs),
  };
}

type Shared = Omit<ServiceContext, "caller">;

function createDoors(options: ServersOptions, shared: Shared, health: HealthState): Listener[] {
  const { limits, counters, observer } = shared;
  const handlers: HandlerOptions = { observer, counters, maxBytes: MAX_REQUEST_BYTES };
  const doors: Listener[] = [];
  for (const [name, address, caller] of [
    ["agent", options.agent.socket, CALLERS.socket],
    ["agent-tcp", options.agent.tcp, CALLERS.tcp],
  ] as const) {
    if (address === undefined) continue;
    const door = new Listener({ name, address, limits, counters, observer });
    const context: ServiceContext = { ...shared, caller };
    const judging = { ...handlers, ...preparing(context, options.preparePolicy) };
    const plainReaders = { check: readPlainCheck, streamUsage: readPlainBatch };
    const enforcement = { ...judging, maxBytesOf: ENFORCEMENT_MAX_BYTES, plainReaders };
    bindService(door.grpc, EnforcementService, createEnforcementService(context), enforcement);
    // Tool outputs travel here.
    const guards = { ...judging, maxBytes: MAX_MESSAGE_BYTES };
    bindService(door.grpc, GuardService, createGuardService(context), guards);
    bindService(door.grpc, Health, createHealthService(shared, health), handlers);
    if (options.reflection === true)
      bindReflection(door, [EnforcementService, GuardService, Health], shared, handlers);
    doors.push(door);
  }
  if (options.admin !== undefined) {
    const door = new Listener({ name: "admin", address: options.admin, limits, counters, observer });
    const maxStreams = limits.maxStreams + OPERATOR_STREAMS;
    const requests = new RequestMemory(shared.host);
    const operators = { ...shared, limits: { ...limits, maxStreams }, requests };
    bindService(door.grpc, ExecutionAdminService, createExecutionAdminService(operators), handlers);
    bindService(door.grpc, ApprovalService, createApprovalAdminService(operators), handlers);
    bindService(door.grpc, SystemService, createSystemService(operators), handlers);
    bindService(door.grpc, Health, createHealthService(operators, health), handlers);
    const { policy } = options;
    if (policy !== undefined) {
      bindService(door.grpc, PolicyService, createPolicyService(operators, policy), handlers);
      bindService(door.grpc, TenantService, createTenantService(operators, policy), handlers);
    }
    const ofPolicy = policy === undefined ? [] : [PolicyService, TenantService];
    const services = [ExecutionAdminService, ApprovalService, SystemService, ...ofPolicy, Health];
    bindReflection(door, services, operators, handlers);
    doors.push(door);
  }
  return doors;
}

function preparing(
  context: ServiceContext,
  prepare: PreparePolicy | undefined,
): Pick<HandlerOptions, "prepare"> {
  if (prepare === undefined) return {};
  return { prepare: (request) => policyToPrepare(context, prepare, request as object) };
}

function bindReflection(
  door: Listener,
  services: readonly DescService[],
  shared: Shared,
  handlers: HandlerOptions,
): void {
  bindService(door.grpc, ServerReflection, createReflectionService(services, "v1", shared), handlers);
  bindService(
    door.grpc,
    ServerReflectionAlpha,
    createReflectionService(services, "v1alpha", shared),
    handlers,
  );
}

async function startDoors(doors: readonly Listener[], health: HealthState): Promise<void> {
  try {
    for (const door of doors) await door.start();
  } catch (error) {
    await Promise.all(doors.map((door) => door.close()));
    throw error;
  }
  health.setServing(true);
}

function tellStoreState(shared: Shared, health: HealthState, state: "ok" | "failing" | "blocking"): void {
  const message =
    state === "ok"
      ? "the file can be written again"
      : "the file cannot be written: nothing is acknowledged as durable";
  const event = storeEventToProto(state === "ok", message, shared.host.now());
  shared.streams.tellAll(encode({ case: "event", value: event }));
  shared.streams.storeStateChanged();
  health.changed();
}

async function stopDoors(
  doors: readonly Listener[],
  shared: Shared,
  health: HealthState,
  drainMs: number,
): Promise<void> {
  shared.streams.draining = true;
  health.setServing(false);
  const draining = {
    $typeName: "tollgate.enforcement.v1.Draining",
    timeLeft: durationToProto(drainMs),
  } as const;
  const notice = {
    $typeName: "tollgate.enforcement.v1.FlowNotice",
    notice: { case: "draining", value: draining },
  } as const;
  shared.streams.tellAll(encode({ case: "flowNotice", value: notice }));
  shared.approvals.stopAll();
  health.endWatches();
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([Promise.all(doors.map((door) => door.drain())), timeIsUp]);
  clearTimeout(timer);
  shared.streams.stopAll();
  for (const watch of [...shared.watches]) watch.onStop();
  await Promise.all(doors.map((door) => door.close()));
}
