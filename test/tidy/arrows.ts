// Which room may import what. The tables are the law; ARCHITECTURE.md draws them.
import { posix } from "node:path";
import { isNode, lineOf, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

/** What one room may import: other rooms, rooms whose types only, packages ("node:*" stands for all of Node). */
interface Room {
  readonly rooms: readonly string[];
  readonly types?: readonly string[];
  readonly packages?: readonly string[];
  /** Files outside src/. */
  readonly files?: readonly string[];
}

const node = "node:*";
const grpc = "@grpc/grpc-js";
const protobuf = "@bufbuild/protobuf";

export const rooms: Readonly<Record<string, Room>> = {
  domain: { rooms: [], packages: ["decimal.js"] },
  ports: { rooms: [], types: ["domain"] },
  engine: {
    // Values of ports are constants alone: the names of tables and the layout of a cut (docs/decisions/0002).
    rooms: ["domain", "ports"],
    packages: ["re2js", "ajv", "ajv-formats", "@marcbachmann/cel-js", "canonicalize", "ipaddr.js"],
  },
  runtime: { rooms: ["engine", "domain", "ports", "observability"], packages: [node] },
  "adapters/memory": { rooms: ["ports", "domain"], packages: [node] },
  "adapters/sqlite": { rooms: ["ports", "domain"], packages: [node, "better-sqlite3"] },
  "adapters/redis": { rooms: ["ports", "domain"], packages: [node, "@redis/client"] },
  "adapters/system": { rooms: ["ports", "domain"], packages: [node] },
  gen: { rooms: [], packages: [protobuf] },
  transport: {
    rooms: ["gen", "engine", "domain", "observability"],
    types: ["ports"],
    packages: [node, grpc, protobuf, "@connectrpc/connect", "@connectrpc/connect-node", "jose"],
  },
  config: { rooms: ["domain"], packages: [node, "yaml", "zod"] },
  observability: {
    rooms: [],
    types: ["domain"],
    packages: [
      node,
      "pino",
      "@opentelemetry/api",
      "@opentelemetry/sdk-trace",
      "@opentelemetry/exporter-trace-otlp-proto",
    ],
  },
  client: { rooms: ["gen"], packages: [node, grpc, protobuf] },
  cli: { rooms: ["config", "client", "gen", "engine", "domain", "daemon", "version"], packages: [node] },
  daemon: {
    rooms: [
      "domain",
      "ports",
      "engine",
      "runtime",
      "adapters/memory",
      "adapters/sqlite",
      "adapters/redis",
      "adapters/system",
      "gen",
      "transport",
      "config",
      "observability",
      "client",
      "version",
    ],
    packages: [node, grpc, protobuf],
  },
  version: { rooms: [], files: ["package.json"] },
  main: { rooms: ["cli"], packages: [node] },
};

interface Arrow {
  readonly target: string;
  readonly isType: boolean;
  readonly offset: number;
}

/** Every import in `file`, a file of src/, that its room may not have, one line each. */
export function findForbiddenArrows(file: SourceFile): string[] {
  const from = roomOf(file.path);
  const room = rooms[from];
  if (room === undefined) return [`${file.path}: "${from}" is no room; see the table in test/tidy/arrows.ts`];
  const problems: string[] = [];
  for (const arrow of findArrows(file)) {
    const refusal = judge(file.path, from, room, arrow);
    if (refusal !== undefined)
      problems.push(`${file.path}:${lineOf(file, arrow.offset)}: ${from} ${refusal}`);
  }
  return problems;
}

/** src/engine/limits/judge.ts is in the room engine, src/adapters/redis/x.ts in adapters/redis, src/main.ts in main. */
export function roomOf(path: string): string {
  const [, first = "", second = ""] = path.replace(/\.ts$/, "").split("/");
  return first === "adapters" ? `${first}/${second}` : first;
}

function judge(path: string, from: string, room: Room, arrow: Arrow): string | undefined {
  if (!arrow.target.startsWith(".")) {
    const isAllowed = (room.packages ?? []).some((allowed) => isPackage(arrow.target, allowed));
    return isAllowed ? undefined : `may not import the package ${arrow.target}`;
  }
  const target = posix.join(posix.dirname(path), arrow.target);
  if (room.files?.includes(target) === true) return undefined;
  if (!target.startsWith("src/")) return `may not import ${target}, which is outside src`;
  const to = roomOf(target);
  if (to === from || room.rooms.includes(to)) return undefined;
  if (room.types?.includes(to) !== true) return `may not import ${to} (${target})`;
  return arrow.isType ? undefined : `may import only types of ${to} (${target})`;
}

function isPackage(specifier: string, allowed: string): boolean {
  if (allowed === node) return specifier.startsWith("node:");
  return specifier === allowed || specifier.startsWith(`${allowed}/`);
}

function findArrows(file: SourceFile): Arrow[] {
  const arrows: Arrow[] = [];
  walk(file.program, (found) => {
    const source = sourceOf(found);
    if (source === undefined) return;
    arrows.push({ target: source, isType: isTypeOnly(found), offset: found.start });
  });
  return arrows;
}

/** What a node imports: imports, re-exports, `import()`, types by `import()`, and files named for a worker. */
function sourceOf(found: SyntaxNode): string | undefined {
  switch (found.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
    case "ImportExpression":
    case "TSImportType":
      return literalOf(found["source"]) ?? literalOf(found["argument"]);
    case "NewExpression": {
      const callee = found["callee"];
      const first = (found["arguments"] as unknown[])[0];
      const target = isNode(callee) && callee["name"] === "URL" ? literalOf(first) : undefined;
      return target?.startsWith(".") === true && target.endsWith(".ts") ? target : undefined;
    }
    default:
      return undefined;
  }
}

function isTypeOnly(found: SyntaxNode): boolean {
  if (found.type === "TSImportType") return true;
  if (isMarkedType(found)) return true;
  const specifiers = (found["specifiers"] ?? []) as SyntaxNode[];
  return specifiers.length > 0 && specifiers.every(isMarkedType);
}

function isMarkedType(found: SyntaxNode): boolean {
  return found["importKind"] === "type" || found["exportKind"] === "type";
}

function literalOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  const inner = value.type === "TSLiteralType" ? value["literal"] : value;
  const text = isNode(inner) ? inner["value"] : undefined;
  return typeof text === "string" ? text : undefined;
}
