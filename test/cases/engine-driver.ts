import { createMemoryVolume, openMemoryStore } from "../../src/adapters/memory/cut-store.ts";
import { systemDigest } from "../../src/adapters/system/system-digest.ts";
import { createSystemIds } from "../../src/adapters/system/system-ids.ts";
import type { CallerId } from "../../src/domain/ids.ts";
import type { WallMs } from "../../src/domain/time.ts";
import { createWorld } from "../../src/engine/create-world.ts";
import { runDue } from "../../src/engine/time/run-due.ts";
import { EngineHost } from "../../src/runtime/engine-host.ts";
import { findOutcomes } from "../../src/runtime/find-outcomes.ts";
import { createApprovalAdminService } from "../../src/transport/admin/approval-admin-service.ts";
import { createExecutionAdminService } from "../../src/transport/admin/execution-admin-service.ts";
import { RequestMemory } from "../../src/transport/admin/request-memory.ts";
import { createCounters } from "../../src/transport/counters.ts";
import { CompletedLookup } from "../../src/transport/enforcement/completed-lookup.ts";
import { createEnforcementService } from "../../src/transport/enforcement/enforcement-service.ts";
import { createGuardService } from "../../src/transport/guards/guard-service.ts";
import { NOTHING_PINNED } from "../../src/transport/pinned-identity.ts";
import type { ServiceContext } from "../../src/transport/service-context.ts";
import { ApprovalWaiters } from "../../src/transport/stream/approval-waiters.ts";
import { EventHub } from "../../src/transport/stream/event-hub.ts";
import { StreamRegistry } from "../../src/transport/stream/stream-registry.ts";
import { DEFAULT_LIMITS } from "../../src/transport/transport-limits.ts";
import { SILENT_OBSERVER } from "../../src/transport/transport-observer.ts";
import { CaseClock } from "./case-clock.ts";
import type { Case } from "./case-file.ts";
import { casePolicy } from "./case-policy.ts";
import type { Driver } from "./driver.ts";
import { sendTo } from "./send.ts";

/** The engine behind the handlers of the services, without sockets and without a file. */
export function createEngineDriver(one: Case): Driver {
  const clock = new CaseClock(one.at);
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    policy: casePolicy(one.documents, 1),
    maxLiveExecutions: 100,
  });
  const host = new EngineHost(world, clock);
  const context = contextOf(host);
  const operators = { ...context, requests: new RequestMemory(host) };
  const services = {
    enforcement: createEnforcementService(context),
    approvals: createApprovalAdminService(operators),
    executions: createExecutionAdminService(operators),
    guards: createGuardService(context),
  };
  let generation = 1;
  return {
    send: (request) =>
      sendTo(request, (method, message) => {
        const service = services[request.service as keyof typeof services] as unknown as {
          readonly [name: string]: (message: unknown, call: unknown) => unknown;
        };
        return Promise.resolve(service[method]?.(message, undefined));
      }),
    swap: (documents) => {
      world.policy = casePolicy(documents, ++generation);
    },
    advance: (ms) => {
      clock.advance(ms);
      while (host.turn((engine, now) => runDue(engine, now, 100)) > 0);
    },
    close: () => Promise.resolve(),
  };
}

function contextOf(host: EngineHost): ServiceContext {
  const storeInfo = () => ({ storeId: "store-of-the-case", durability: "power" }) as const;
  const counters = createCounters();
  const { store } = openMemoryStore(createMemoryVolume("store-of-the-case"));
  const find = async (subject: string): Promise<string | undefined> =>
    (await store.query({ table: "completed_executions", subject, limit: 1 }))[0]?.body;
  return {
    host,
    caller: "uds" as CallerId,
    limits: DEFAULT_LIMITS,
    pinned: NOTHING_PINNED,
    counters,
    observer: SILENT_OBSERVER,
    storeInfo,
    info: { version: "0.0.0-case", startedAt: 0 as WallMs, settings: {}, warnings: [] },
    completed: new CompletedLookup(host, find, SILENT_OBSERVER),
    findOutcomes: (subject) => findOutcomes(store, subject),
    events: new EventHub(host, () => storeInfo().storeId, counters, SILENT_OBSERVER),
    streams: new StreamRegistry(host, DEFAULT_LIMITS),
    approvals: new ApprovalWaiters(host),
    watches: new Set(),
  };
}
