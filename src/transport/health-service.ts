import { type ServerWritableStream, status } from "@grpc/grpc-js";
import { TollgateError } from "../domain/errors.ts";
import {
  type Health,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Serving,
} from "../gen/grpc/health/v1/health_pb.ts";
import type { Implementation } from "./handler.ts";
import { assertStreamRoom, type ServiceContext } from "./service-context.ts";
import { internalStatus } from "./status.ts";

/** The services that health is told of: `""` decides, the other says whether the file can be written. */
export const DURABILITY_SERVICE = "tollgate.durability";

type Watch = ServerWritableStream<unknown, HealthCheckResponse | Uint8Array>;

/** Health of the daemon, as it is at the moment of the question; watchers are told when it changes. */
export class HealthState {
  readonly #store: { readonly failing: boolean; readonly blocking: boolean };
  readonly #watches = new Map<Watch, { readonly service: string; told: Serving }>();
  /** Between the end of loading and the begin of draining. */
  #serving = false;

  constructor(store: { readonly failing: boolean; readonly blocking: boolean }) {
    this.#store = store;
  }

  get serving(): boolean {
    return this.#serving;
  }

  setServing(serving: boolean): void {
    this.#serving = serving;
    this.changed();
  }

  /** Undefined for a service that nobody knows. */
  find(service: string): Serving | undefined {
    if (service === "") return this.#serving && !this.#store.blocking ? Serving.SERVING : Serving.NOT_SERVING;
    if (service !== DURABILITY_SERVICE) return undefined;
    return this.#serving && !this.#store.failing ? Serving.SERVING : Serving.NOT_SERVING;
  }

  /** Tells the watchers what has changed for them. A slow one is told the newest state when it reads again. */
  changed(): void {
    for (const [call, watch] of this.#watches) this.#tell(call, watch);
  }

  watch(call: Watch, service: string): void {
    const watch = { service, told: Serving.UNKNOWN };
    this.#watches.set(call, watch);
    call.on("drain", () => this.#tell(call, watch));
    this.#tell(call, watch);
  }

  unwatch(call: Watch): boolean {
    return this.#watches.delete(call);
  }

  endWatches(): void {
    for (const call of [...this.#watches.keys()]) {
      call.emit("error", { ...internalStatus(), code: status.UNAVAILABLE, details: "the daemon stops" });
    }
  }

  #tell(call: Watch, watch: { readonly service: string; told: Serving }): void {
    const now = this.find(watch.service) ?? Serving.SERVICE_UNKNOWN;
    if (now === watch.told || call.writableNeedDrain) return;
    watch.told = now;
    call.write(responseOf(now));
  }
}

function responseOf(serving: Serving): HealthCheckResponse {
  return { $typeName: "grpc.health.v1.HealthCheckResponse", status: serving };
}

export function createHealthService(
  context: Pick<ServiceContext, "counters" | "limits">,
  health: HealthState,
): Implementation<typeof Health> {
  return {
    check: ({ service }) => {
      const serving = health.find(service);
      if (serving === undefined)
        throw new TollgateError("SERVICE_UNKNOWN", `health of "${service}" is not kept`);
      return responseOf(serving);
    },
    watch: ({ service }, call) => {
      assertStreamRoom(context);
      context.counters.watches++;
      const close = (): void => {
        if (health.unwatch(call)) context.counters.watches--;
      };
      call.on("cancelled", close);
      call.on("close", close);
      health.watch(call, service);
    },
    list: () => ({
      $typeName: "grpc.health.v1.HealthListResponse",
      statuses: Object.fromEntries(
        ["", DURABILITY_SERVICE].map((name) => [name, responseOf(health.find(name) as Serving)]),
      ),
    }),
  };
}
