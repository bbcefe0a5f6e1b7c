// Sizes, names and leftovers.
import { posix } from "node:path";
import { lineOf, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

/** A file over this many lines holds more than one subject. */
export const FILE_MAX_LINES = 400;
/** A function over this many lines of its own code cannot be read in one look. */
export const FUNCTION_MAX_LINES = 70;
/** A folder with more files than this needs sub-folders by subject. */
export const FOLDER_MAX_FILES = 14;

const emptyNames: ReadonlySet<string> = new Set([
  "util",
  "utils",
  "helper",
  "helpers",
  "common",
  "types",
  "manager",
  "misc",
]);
const leftover = /\b(?:FIXME|XXX|TODO|HACK)\b|@ts-ignore|@ts-nocheck/;
const functionTypes: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);
const testNames: ReadonlySet<string> = new Set(["test", "it", "describe"]);
const switchedOff: ReadonlySet<string> = new Set(["only", "skip", "todo"]);

export function findLongFiles(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > FILE_MAX_LINES)
    .map(({ path, lines }) => `${path}: ${lines} lines`);
}

/** Counts lines of code: blank lines, comments and the insides of nested functions are left out. */
export function findLongFunctions(file: SourceFile): string[] {
  const functions: { first: number; last: number; offset: number }[] = [];
  walk(file.program, (node) => {
    if (!isFunction(node)) return;
    functions.push({ first: lineOf(file, node.start), last: lineOf(file, node.end), offset: node.start });
  });
  const hasCode = withoutComments(file).map((line) => line.trim() !== "");
  return functions.flatMap(({ first, last }) => {
    const nested = functions.filter((other) => other.first >= first && other.last <= last);
    const inner = nested.filter((other) => other.first > first || other.last < last);
    let lines = 0;
    for (let line = first; line <= last; line += 1) {
      const isNested = inner.some((other) => line > other.first && line <= other.last);
      if (hasCode[line - 1] === true && !isNested) lines += 1;
    }
    return lines > FUNCTION_MAX_LINES ? [`${file.path}:${first}: a function of ${lines} lines`] : [];
  });
}

export function findFullFolders(paths: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(posix.dirname(path), (counts.get(posix.dirname(path)) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > FOLDER_MAX_FILES)
    .map(([folder, count]) => `${folder}: ${count} files`);
}

/** Names that say nothing, barrels, and names that are not kebab-case. */
export function findBadNames(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const words = path.split("/").map((part) => part.replace(/\.(?:test\.)?(?:ts|mjs)$/, ""));
    const isKebab = words.every((word) => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(word));
    return !isKebab || words.at(-1) === "index" || words.some((word) => emptyNames.has(word));
  });
}

export function findLeftovers(file: SourceFile): string[] {
  return file.comments
    .filter((comment) => leftover.test(comment.value))
    .map((comment) => `${file.path}:${lineOf(file, comment.start)}:${comment.value}`);
}

/** Tests that are switched off, or that switch the others off. */
export function findSwitchedOffTests(file: SourceFile): string[] {
  const problems: string[] = [];
  walk(file.program, (node) => {
    if (node.type !== "MemberExpression" || node["computed"] === true) return;
    const member = (node["property"] as SyntaxNode)["name"] as string;
    if (!switchedOff.has(member) || !testNames.has(firstNameOf(node))) return;
    problems.push(`${file.path}:${lineOf(file, node.start)}: .${member}`);
  });
  return problems;
}

function firstNameOf(node: SyntaxNode): string {
  const inner = node["object"] ?? node["callee"];
  return inner === undefined ? String(node["name"]) : firstNameOf(inner as SyntaxNode);
}

function isFunction(node: SyntaxNode): boolean {
  return functionTypes.has(node.type);
}

function withoutComments(file: SourceFile): string[] {
  let text = file.text;
  for (const { start, end } of file.comments) {
    const blank = text.slice(start, end).replace(/[^\n]/g, " ");
    text = text.slice(0, start) + blank + text.slice(end);
  }
  return text.split("\n");
}
