import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from "../../../src/gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "../../../src/gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../../../src/gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { connect, failureOf } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;

beforeAll(async () => {
  daemon = await startWireDaemon({ onStoreFailure: "block", servers: { reflection: true } });
});

afterAll(async () => {
  await daemon.close();
});

describe("health", () => {
  test("is served at both doors, told when it changes, and follows the file", async () => {
    for (const target of [daemon.agent, daemon.admin]) {
      const client = connect(Health, target);
      expect((await client.rpc.check({})).status).toBe(Serving.SERVING);
      expect((await client.rpc.list({})).statuses).toMatchObject({
        "": { status: Serving.SERVING },
        "tollgate.durability": { status: Serving.SERVING },
      });
      expect(await failureOf(client.rpc.check({ service: "cats" }))).toMatchObject({
        code: "NOT_FOUND",
        reason: "SERVICE_UNKNOWN",
      });
      client.close();
    }
    const client = connect(Health, daemon.agent);
    const agent = connect(EnforcementService, daemon.agent);
    const overall = client.rpc.watch({});
    const durability = client.rpc.watch({ service: "tollgate.durability" });
    const unknown = client.rpc.watch({ service: "cats" });
    expect((await overall.next())?.status).toBe(Serving.SERVING);
    expect((await durability.next())?.status).toBe(Serving.SERVING);
    expect((await unknown.next())?.status).toBe(Serving.SERVICE_UNKNOWN);
    daemon.volume.failure = "disk full";
    await agent.rpc.registerExecution({ executionId: "h" });
    expect((await overall.next())?.status).toBe(Serving.NOT_SERVING);
    expect((await durability.next())?.status).toBe(Serving.NOT_SERVING);
    daemon.volume.failure = undefined;
    expect((await overall.next())?.status).toBe(Serving.SERVING);
    expect((await durability.next())?.status).toBe(Serving.SERVING);
    for (const watch of [overall, durability, unknown]) watch.call.cancel();
    agent.close();
    client.close();
  });
});

describe.each([
  ["v1", ServerReflection],
  ["v1alpha", ServerReflectionAlpha],
])("reflection %s", (version, service) => {
  test("lists the services and answers files with all they import", async () => {
    const client = connect(service as typeof ServerReflection, daemon.agent);
    const stream = client.rpc.serverReflectionInfo();
    stream.send({ messageRequest: { case: "listServices", value: "" } });
    const listed = await stream.next();
    const names =
      listed?.messageResponse.case === "listServicesResponse"
        ? listed.messageResponse.value.service.map((one) => one.name)
        : [];
    expect(names).toEqual([
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "tollgate.enforcement.v1.EnforcementService",
      "tollgate.enforcement.v1.GuardService",
    ]);
    stream.send({
      messageRequest: { case: "fileContainingSymbol", value: "tollgate.enforcement.v1.EnforcementService" },
    });
    const found = await stream.next();
    expect(found?.originalRequest?.messageRequest.value).toBe("tollgate.enforcement.v1.EnforcementService");
    const files =
      found?.messageResponse.case === "fileDescriptorResponse"
        ? found.messageResponse.value.fileDescriptorProto
        : [];
    const protos = files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const known = new Set(protos.map((proto) => proto.name));
    expect(protos[0]?.service[0]?.name).toBe("EnforcementService");
    for (const proto of protos)
      for (const dependency of proto.dependency) expect(known.has(dependency)).toBe(true);
    stream.send({ messageRequest: { case: "fileByFilename", value: "tollgate/enforcement/v1/usage.proto" } });
    expect((await stream.next())?.messageResponse.case).toBe("fileDescriptorResponse");
    stream.send({ messageRequest: { case: "fileContainingSymbol", value: `no.such.${version}` } });
    expect((await stream.next())?.messageResponse).toMatchObject({
      case: "errorResponse",
      value: { errorCode: 5 },
    });
    stream.end();
    expect(await stream.next()).toBeUndefined();
    client.close();
  });
});

describe("reflection at the doors of agents", () => {
  test("is there only when it is switched on; operators always have it", async () => {
    const other = await startWireDaemon();
    const ask = (target: string) => {
      const client = connect(ServerReflection, target);
      const stream = client.rpc.serverReflectionInfo();
      stream.send({ messageRequest: { case: "listServices", value: "" } });
      return { client, stream };
    };
    const agent = ask(other.agent);
    expect(await agent.stream.failure()).toMatchObject({ code: "UNIMPLEMENTED" });
    const admin = ask(other.admin);
    expect((await admin.stream.next())?.messageResponse.case).toBe("listServicesResponse");
    admin.stream.call.cancel();
    for (const { client } of [agent, admin]) client.close();
    await other.close();
  });
});
