// What the pure rooms may not touch: clocks, randomness, timers, the process, the locale, asynchrony.
import { lineOf, type SourceFile, type SyntaxNode, walk } from "./source-file.ts";

export const pureRooms: readonly string[] = ["domain", "engine", "ports"];

const bannedNames: ReadonlySet<string> = new Set([
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "process",
  "globalThis",
  "console",
  "crypto",
  "fetch",
]);

/** Members whose answer depends on chance or on the machine's language. */
const bannedMembers: ReadonlySet<string> = new Set([
  "localeCompare",
  "toLocaleString",
  "toLocaleLowerCase",
  "toLocaleUpperCase",
]);

/** Every impure expression in `file`, one line each. Ports may name `Promise` as a type: adapters answer later. */
export function findImpurities(file: SourceFile): string[] {
  const problems: string[] = [];
  const mayNamePromise = file.path.startsWith("src/ports/");
  walk(file.program, (node, parent, field) => {
    const name = impurityOf(node, parent, field);
    if (name === undefined) return;
    if (name === "Promise" && mayNamePromise && parent?.type === "TSTypeReference") return;
    problems.push(`${file.path}:${lineOf(file, node.start)}: ${name}`);
  });
  return problems;
}

function impurityOf(node: SyntaxNode, parent: SyntaxNode | undefined, field: string): string | undefined {
  if (node["async"] === true) return "async";
  if (node.type === "AwaitExpression" || node["await"] === true) return "await";
  if (node.type !== "Identifier") return undefined;
  const name = node["name"] as string;
  const isMember = (field === "property" || field === "key") && parent?.["computed"] !== true;
  if (!isMember) return bannedNames.has(name) || name === "Promise" ? name : undefined;
  if (parent?.type !== "MemberExpression") return undefined;
  const owner = parent["object"] as SyntaxNode;
  if (name === "random" && owner["name"] === "Math") return "Math.random";
  return bannedMembers.has(name) ? name : undefined;
}
