import { readdirSync } from "node:fs";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { pathOf } from "../../../src/transport/service-binding.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

// P12: what is for operators is not there for agents. The methods are those of the descriptors, so that no later one is
// forgotten.

const FOLDER = new URL("../../../src/gen/tollgate/admin/v1/", import.meta.url);

async function adminMethods(): Promise<readonly DescMethod[]> {
  const methods: DescMethod[] = [];
  for (const name of readdirSync(FOLDER)) {
    const file = (await import(new URL(name, FOLDER).href)) as { readonly [name: string]: unknown };
    for (const value of Object.values(file)) {
      const service = value as Partial<DescService>;
      if (service.kind === "service") methods.push(...(service as DescService).methods);
    }
  }
  return methods;
}

const METHODS = await adminMethods();

let daemon: WireDaemon;

beforeAll(async () => {
  daemon = await startWireDaemon();
});

afterAll(async () => {
  await daemon.close();
});

/** The status that an empty message to a method ends with. */
function statusAt(target: string, method: DescMethod): Promise<string | undefined> {
  const client = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(pathOf(method), asIs, asIs, Buffer.alloc(0), (error: ServiceError | null) => {
      client.close();
      resolve(error === null ? "OK" : status[error.code]);
    });
  });
}

describe("P12: the doors of agents", () => {
  test("there are methods of operators to look at", () => {
    expect(METHODS.length).toBeGreaterThan(10);
  });

  test.each(METHODS.map((method) => [pathOf(method), method] as const))(
    "know no %s",
    async (_path, method) => {
      for (const target of daemon.servers.targets.agent)
        expect(await statusAt(target, method)).toBe("UNIMPLEMENTED");
    },
  );
});

describe("the door of operators", () => {
  test.each(EnforcementService.methods.map((method) => [pathOf(method), method] as const))(
    "knows no %s",
    async (_path, method) => {
      expect(await statusAt(daemon.admin, method)).toBe("UNIMPLEMENTED");
    },
  );
});
