import {
  type DescFile,
  type DescMessage,
  type DescService,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { TollgateError } from "../domain/errors.ts";
import { ServerReflection } from "../gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionAlpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.ts";
import type { Implementation } from "./handler.ts";
import { assertStreamRoom, type ServiceContext } from "./service-context.ts";

// Server reflection, v1 and v1alpha, from the descriptors that are there anyway. A file is answered with all it imports,
// which is what simple clients expect.

type Version = "v1" | "v1alpha";
const SERVICES = { v1: ServerReflection, v1alpha: ServerReflectionAlpha } as const;

interface Index {
  readonly byName: ReadonlyMap<string, DescFile>;
  readonly bySymbol: ReadonlyMap<string, DescFile>;
  readonly services: readonly string[];
}

function createIndex(services: readonly DescService[]): Index {
  const byName = new Map<string, DescFile>();
  const bySymbol = new Map<string, DescFile>();
  const add = (file: DescFile): void => {
    if (byName.has(file.proto.name)) return;
    byName.set(file.proto.name, file);
    for (const enumeration of file.enums) bySymbol.set(enumeration.typeName, file);
    for (const service of file.services) {
      bySymbol.set(service.typeName, file);
      for (const method of service.methods) bySymbol.set(`${service.typeName}.${method.name}`, file);
    }
    for (const message of file.messages) addMessage(message, file);
    for (const dependency of file.dependencies) add(dependency);
  };
  const addMessage = (message: DescMessage, file: DescFile): void => {
    bySymbol.set(message.typeName, file);
    for (const enumeration of message.nestedEnums) bySymbol.set(enumeration.typeName, file);
    for (const nested of message.nestedMessages) addMessage(nested, file);
  };
  for (const service of services) add(service.file);
  return { byName, bySymbol, services: services.map((service) => service.typeName).sort() };
}

function withImports(file: DescFile): Uint8Array[] {
  const seen = new Set<DescFile>();
  const visit = (one: DescFile): void => {
    if (seen.has(one)) return;
    seen.add(one);
    one.dependencies.forEach(visit);
  };
  visit(file);
  return [...seen].map((one) => toBinary(FileDescriptorProtoSchema, one.proto));
}

type Request = MessageShape<(typeof ServerReflection)["method"]["serverReflectionInfo"]["input"]>;

/** A response without its type name, which differs between the two versions. */
function answer(index: Index, version: Version, request: Request) {
  const prefix = `grpc.reflection.${version}`;
  const { messageRequest: asked } = request;
  const notFound = (what: string) => ({
    case: "errorResponse" as const,
    value: {
      $typeName: `${prefix}.ErrorResponse`,
      errorCode: status.NOT_FOUND,
      errorMessage: `${what} is not known`,
    },
  });
  if (asked.case === "listServices") {
    const service = index.services.map((name) => ({ $typeName: `${prefix}.ServiceResponse`, name }));
    return {
      case: "listServicesResponse" as const,
      value: { $typeName: `${prefix}.ListServiceResponse`, service },
    };
  }
  if (asked.case !== "fileByFilename" && asked.case !== "fileContainingSymbol")
    return notFound("the extension");
  const file = (asked.case === "fileByFilename" ? index.byName : index.bySymbol).get(asked.value);
  if (file === undefined) return notFound(asked.value.slice(0, 200));
  return {
    case: "fileDescriptorResponse" as const,
    value: { $typeName: `${prefix}.FileDescriptorResponse`, fileDescriptorProto: withImports(file) },
  };
}

type Room = Pick<ServiceContext, "counters" | "limits">;

/** Reflection of one version over these services and both versions of itself. */
export function createReflectionService(
  services: readonly DescService[],
  version: "v1",
  room: Room,
): Implementation<typeof ServerReflection>;
export function createReflectionService(
  services: readonly DescService[],
  version: "v1alpha",
  room: Room,
): Implementation<typeof ServerReflectionAlpha>;
export function createReflectionService(
  services: readonly DescService[],
  version: Version,
  room: Room,
): unknown {
  const index = createIndex([...services, SERVICES.v1, SERVICES.v1alpha]);
  const schema = SERVICES[version].method.serverReflectionInfo.output as DescMessage;
  const reply = (request: Request): Uint8Array =>
    toBinary(schema, {
      $typeName: schema.typeName,
      validHost: request.host,
      originalRequest: request,
      messageResponse: answer(index, version, request),
    } as never);
  return { serverReflectionInfo: (call: Call) => serve(call, room, reply) };
}

type Call = ServerDuplexStream<{ read(): Request }, Uint8Array>;

/** One answer per question: a client that does not read is not read from either. */
function serve(call: Call, room: Room, reply: (request: Request) => Uint8Array): void {
  assertStreamRoom(room);
  room.counters.watches++;
  let isOpen = true;
  const close = (): void => {
    if (isOpen) room.counters.watches--;
    isOpen = false;
  };
  call.on("cancelled", close);
  call.on("close", close);
  call.on("data", (unread: { read(): Request }) => {
    try {
      if (!call.write(reply(unread.read()))) call.pause();
    } catch (error) {
      if (!(error instanceof TollgateError)) throw error;
      call.emit("error", { code: status.INVALID_ARGUMENT, details: error.message });
    }
  });
  call.on("drain", () => call.resume());
  call.on("end", () => call.end());
}
