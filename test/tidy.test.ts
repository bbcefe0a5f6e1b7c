// The house rules that a machine can check. Each rule is a function in test/tidy/ that lists what breaks it;
// beside each rule stands the nearest text that it must refuse, so that a rule that sees nothing is noticed.
import { describe, expect, test } from "vitest";
import { findForbiddenArrows, roomOf } from "./tidy/arrows.ts";
import {
  findDeadLinks,
  findLockProblems,
  findUnexplainedDependencies,
  findUnlistedDecisions,
} from "./tidy/project-files.ts";
import { findImpurities, pureRooms } from "./tidy/purity.ts";
import {
  FILE_MAX_LINES,
  FOLDER_MAX_FILES,
  FUNCTION_MAX_LINES,
  findBadNames,
  findFullFolders,
  findLeftovers,
  findLongFiles,
  findLongFunctions,
  findSwitchedOffTests,
} from "./tidy/shape.ts";
import { listFiles, parseSource, readSource } from "./tidy/source-file.ts";

const isCode = (path: string): boolean => /\.(?:ts|mjs)$/.test(path) && !path.startsWith("src/gen/");
const sources = listFiles("src", isCode).map(readSource);
const tests = listFiles("test", isCode).map(readSource);
const tools = [...listFiles("scripts", isCode), ...listFiles("demo", isCode)].map(readSource);
const everything = [...sources, ...tests, ...tools];

/** A function of this many lines. */
function functionOf(lines: number): string {
  return `function a() {\n${"b();\n".repeat(lines - 2)}}`;
}

describe("import arrows", () => {
  test("every room imports only what the table allows", () => {
    expect(sources.flatMap(findForbiddenArrows)).toEqual([]);
  });

  test.each([
    ["src/engine/a.ts", 'import { openStore } from "../adapters/sqlite/open-store.ts";'],
    ["src/engine/a.ts", 'import { readFileSync } from "node:fs";'],
    ["src/transport/a.ts", 'import { now } from "../ports/clock.ts";'],
    ["src/transport/a.ts", 'import { type Clock, now } from "../ports/clock.ts";'],
    ["src/engine/a.ts", 'export * from "../config/settings.ts";'],
    ["src/engine/a.ts", 'type T = import("../transport/a.ts").T;'],
    ["src/domain/a.ts", 'import type { World } from "../engine/world.ts";'],
    ["src/adapters/sqlite/a.ts", 'import { a } from "../memory/a.ts";'],
    ["src/adapters/sqlite/a.ts", 'const a = new Worker(new URL("../../engine/a.ts", import.meta.url));'],
    ["src/adapters/system/a.ts", 'import Database from "better-sqlite3";'],
    ["src/transport/a.ts", 'const a = await import("../config/settings.ts");'],
    ["src/runtime/a.ts", 'import { serve } from "../transport/serve.ts";'],
    ["src/main.ts", 'import { serve } from "./daemon.ts";'],
    ["src/client/a.ts", 'import { a } from "../../test/a.ts";'],
    ["src/helpers/a.ts", "export const a = 1;"],
  ])("%s may not say %s", (path, text) => {
    expect(findForbiddenArrows(parseSource(path, text))).toHaveLength(1);
  });

  test.each([
    ["src/engine/limits/a.ts", 'import type { Clock } from "../../ports/clock.ts";'],
    ["src/engine/a.ts", 'import { type Clock } from "../ports/clock.ts";'],
    ["src/adapters/sqlite/a.ts", 'import Database from "better-sqlite3";'],
    ["src/gen/a/a_pb.ts", 'import { fileDesc } from "@bufbuild/protobuf/codegenv2";'],
    ["src/daemon.ts", 'import { openStore } from "./adapters/sqlite/open-store.ts";'],
  ])("%s may say %s", (path, text) => {
    expect(findForbiddenArrows(parseSource(path, text))).toEqual([]);
  });
});

describe("purity", () => {
  test("domain, engine and ports have no clock, no chance, no timers and no asynchrony", () => {
    const pure = sources.filter((file) => pureRooms.includes(roomOf(file.path)));
    expect(pure.flatMap(findImpurities)).toEqual([]);
  });

  test.each([
    "const a = Date.now();",
    "const a = performance.now();",
    "const a = Math.random();",
    "setTimeout(a, 1);",
    "const a = process.env;",
    "const a = async () => 1;",
    "class A { async a() {} }",
    "export async function* a() { for await (const b of c) yield b; }",
    "const a = Promise.resolve();",
    'const a = "a".localeCompare("b");',
    "const a = globalThis;",
  ])("the engine may not say %s", (text) => {
    expect(findImpurities(parseSource("src/engine/a.ts", text))).not.toEqual([]);
  });

  test("names that only look alike are allowed", () => {
    const text = "const a = { process: 1, Date: 2 }; export const b = a.process + a.Date; // Date.now()";
    expect(findImpurities(parseSource("src/engine/a.ts", text))).toEqual([]);
  });

  test("a port may promise an answer but not make one", () => {
    const port = "src/ports/a.ts";
    const type = "export interface A { close(): Promise<void>; }";
    expect(findImpurities(parseSource(port, type))).toEqual([]);
    expect(findImpurities(parseSource(port, "export const a = Promise.resolve();"))).toHaveLength(1);
  });
});

describe("shape", () => {
  test(`no file has more than ${FILE_MAX_LINES} lines`, () => {
    expect(findLongFiles(everything)).toEqual([]);
    expect(findLongFiles([parseSource("a.ts", "a();\n".repeat(FILE_MAX_LINES))])).toEqual([]);
    expect(findLongFiles([parseSource("a.ts", "a();\n".repeat(FILE_MAX_LINES + 1))])).toHaveLength(1);
  });

  test(`no function has more than ${FUNCTION_MAX_LINES} lines of its own`, () => {
    expect([...sources, ...tools].flatMap(findLongFunctions)).toEqual([]);
    expect(findLongFunctions(parseSource("a.ts", functionOf(FUNCTION_MAX_LINES)))).toEqual([]);
    expect(findLongFunctions(parseSource("a.ts", functionOf(FUNCTION_MAX_LINES + 1)))).toHaveLength(1);
    expect(
      findLongFunctions(parseSource("a.ts", `function c() {\n${functionOf(FUNCTION_MAX_LINES)}\n}`)),
    ).toEqual([]);
  });

  test(`no folder has more than ${FOLDER_MAX_FILES} files of code`, () => {
    expect(findFullFolders(everything.map((file) => file.path))).toEqual([]);
    const names = Array.from({ length: FOLDER_MAX_FILES + 1 }, (_, index) => `src/a/${index}.ts`);
    expect(findFullFolders(names)).toHaveLength(1);
  });

  test("names say what is inside, in kebab-case, and no file is a barrel", () => {
    expect(findBadNames(everything.map((file) => file.path))).toEqual([]);
    const refused = ["src/utils/a.ts", "src/engine/types.ts", "src/engine/index.ts", "src/engine/aB.ts"];
    expect(findBadNames([...refused, "src/engine/a-b.ts"])).toEqual(refused);
  });

  test("nothing is left for later in a comment", () => {
    expect(everything.flatMap(findLeftovers)).toEqual([]);
    expect(findLeftovers(parseSource("a.ts", "// FIXME: later\na();"))).toHaveLength(1);
  });

  test("no test is switched off", () => {
    expect(tests.flatMap(findSwitchedOffTests)).toEqual([]);
    expect(
      findSwitchedOffTests(parseSource("a.ts", "test.only.each([1])('a', b); list.only();")),
    ).toHaveLength(1);
  });
});

describe("project files", () => {
  test("every dependency is pinned and has its reason in docs/dependencies.md", () => {
    expect(findUnexplainedDependencies()).toEqual([]);
  });

  test("the lock is complete for every platform and names no registry", () => {
    expect(findLockProblems()).toEqual([]);
  });

  test("the index of docs/decisions lists every record", () => {
    expect(findUnlistedDecisions()).toEqual([]);
  });

  test("links between the documents lead somewhere", () => {
    const pages = [...listFiles("docs", (path) => path.endsWith(".md")), "CONTRIBUTING.md", "CHANGELOG.md"];
    expect(pages.flatMap(findDeadLinks)).toEqual([]);
  });
});
