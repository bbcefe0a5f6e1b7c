// Reads source files as syntax trees for the tidy rules. It knows no rule.
// The trees are the ESTree of oxc-parser; rules see them as plain objects.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

export const root = fileURLToPath(new URL("../..", import.meta.url));

export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly { readonly value: string; readonly start: number; readonly end: number }[];
}

export type Visit = (node: SyntaxNode, parent: SyntaxNode | undefined, field: string) => void;

/** Every file below `folder` that `accepts` the path of; none when the folder does not exist. */
export function listFiles(folder: string, accepts: (path: string) => boolean): string[] {
  const found: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.name === "node_modules" || entry.name.startsWith(".")) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path);
      else found.push(relative(root, path).split(sep).join("/"));
    }
  };
  try {
    visit(join(root, folder));
  } catch (error) {
    // A room that is not built yet has nothing to check.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return found.filter(accepts).sort();
}

/** Parses `text`; throws when it is no valid TypeScript. */
export function parseSource(path: string, text: string): SourceFile {
  const result = parseSync(path, text);
  if (result.errors.length > 0) throw new Error(`${path}: ${result.errors[0]?.message}`);
  return { path, text, program: result.program as unknown as SyntaxNode, comments: result.comments };
}

export function readSource(path: string): SourceFile {
  return parseSource(path, readFileSync(join(root, path), "utf8"));
}

/** Visits every node of the tree, parents first. */
export function walk(node: SyntaxNode, visit: Visit, parent?: SyntaxNode, field = ""): void {
  visit(node, parent, field);
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit, node, key);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && typeof (value as SyntaxNode).type === "string";
}

/** The line, from 1, of an offset. */
export function lineOf(file: SourceFile, offset: number): number {
  let line = 1;
  for (let at = file.text.indexOf("\n"); at !== -1 && at < offset; at = file.text.indexOf("\n", at + 1)) {
    line += 1;
  }
  return line;
}
