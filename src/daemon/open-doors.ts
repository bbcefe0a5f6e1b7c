import { dirname } from "node:path";
import { makeDirectory } from "../adapters/sqlite/directory.ts";
import type { OpenedStore } from "../adapters/sqlite/open-store.ts";
import type { UnixAddress } from "../config/setting-values.ts";
import type { Settings } from "../config/settings.ts";
import { connectionRefused, internalErrorThrown, lookupFailed } from "../observability/events/daemon.ts";
import type { ProbeServer } from "../observability/probe/probe-server.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import type { PolicyAdmin } from "../ports/policy-admin.ts";
import type { EngineHost } from "../runtime/engine-host.ts";
import { findOutcomes } from "../runtime/find-outcomes.ts";
import { createServers, type Servers } from "../transport/create-servers.ts";
import type { FactSources } from "../transport/guards/fetch-facts.ts";
import type { PinnedIdentity } from "../transport/pinned-identity.ts";
import type { ListenAddress } from "../transport/server.ts";
import type { PreparePolicy } from "../transport/tenant-policy.ts";
import { VERSION } from "../version.ts";

/** What the doors want of whoever keeps the policy. */
export interface PolicyDoor {
  readonly admin: PolicyAdmin;
  readonly prepare: PreparePolicy;
}

/** The gRPC servers; nothing is listened to before they are started. */
export function openDoors(
  settings: Settings,
  telemetry: Telemetry,
  host: EngineHost,
  { store, loaded }: OpenedStore,
  facts: FactSources,
  policy?: PolicyDoor,
): Servers {
  const { storeId, hole, damaged, unproved, setAside } = loaded;
  const isLossKnown =
    hole !== undefined || damaged.length > 0 || unproved.length > 0 || setAside !== undefined;
  return createServers({
    host,
    storeInfo: () => ({ storeId, durability: settings.durability }),
    info: {
      version: VERSION,
      startedAt: host.now().wallMs,
      settings: {
        on_store_failure: settings.onStoreFailure,
        on_corrupt: settings.onCorrupt,
        on_hole: settings.onHole,
        fresh_windows: settings.freshWindows,
      },
      warnings: isLossKnown ? ["DATA_LOSS"] : [],
    },
    agent: { socket: socketAddress(settings.address, AGENT_SOCKET_MODE), tcp: settings.tcp },
    admin:
      settings.adminAddress === undefined
        ? undefined
        : socketAddress(settings.adminAddress, ADMIN_SOCKET_MODE),
    reflection: settings.reflection,
    facts,
    pinned: pinnedIdentity(settings),
    ...(policy === undefined ? {} : { policy: policy.admin, preparePolicy: policy.prepare }),
    findCompleted: async (subject) => {
      const [row] = await store.query({ table: "completed_executions", subject, limit: 1 });
      return row === undefined || row.damaged === true ? undefined : row.body;
    },
    findOutcomes: (subject) => findOutcomes(store, subject),
    observer: {
      internalError: (method, cause) => internalErrorThrown(telemetry, method, cause),
      connectionRefused: (listener, why) => connectionRefused(telemetry, listener, why),
      lookupFailed: (cause) => lookupFailed(telemetry, cause),
    },
  });
}

/** Agents come in by the group of the socket; operators are the user itself. */
const AGENT_SOCKET_MODE = 0o660;
const ADMIN_SOCKET_MODE = 0o600;
const SOCKET_DIRECTORY_MODE = 0o750;

/** Makes the directory of the socket where nobody has mounted one. */
function socketAddress({ path }: UnixAddress, mode: number): ListenAddress {
  makeDirectory(dirname(path), SOCKET_DIRECTORY_MODE);
  return { path, mode };
}

export function pinnedIdentity({ tenant, labels }: Settings): PinnedIdentity {
  return { principal: tenant === undefined ? {} : { tenant }, labels };
}

/** What clients dial, by door; a door that is closed is absent. */
export type DoorAddresses = { readonly [D in "agent" | "tcp" | "admin" | "probe"]?: string };

export function addressesOf({ targets }: Servers, probe: ProbeServer | undefined): DoorAddresses {
  const [agent, tcp] = targets.agent;
  const doors = { agent, tcp, admin: targets.admin, probe: probe?.address };
  return Object.fromEntries(Object.entries(doors).filter(([, address]) => address !== undefined));
}
