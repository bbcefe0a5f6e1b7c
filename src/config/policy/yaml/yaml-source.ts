import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
} from "yaml";
import { formatPolicyPath } from "../../../domain/policy/document.ts";
import { type Place, type PlaceTable, packPlaces } from "../../../domain/policy/place-table.ts";
import { MAX_DEPTH, type Refusal, scanYaml } from "./scan-yaml.ts";
import type { DocumentText } from "./split-documents.ts";

// One YAML document with the place of every value. What may blow up was refused before it comes here (scan-yaml.ts).

export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  readonly places: PlaceTable;
}

/** A document that cannot be read, with as much of its top level as can be told. */
export interface UnreadableYaml {
  readonly problems: readonly string[];
  readonly kind: string | undefined;
  readonly tenant: string | undefined;
}

export type ParsedYaml =
  | { readonly ok: true; readonly source: YamlSource }
  | ({ readonly ok: false } & UnreadableYaml);

/** Errors of the syntax that are told: what follows is mostly a consequence. */
const MAX_TOLD = 20;
/** Keys that are names of the language: no policy has one, and some reader may trip over them. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function parseYaml(file: string, { text, line }: DocumentText): ParsedYaml {
  const lines = new LineCounter();
  const at = ({ offset, message }: Refusal): string => {
    const place = lines.linePos(offset);
    return `${file}:${place.line + line - 1}:${place.col}: ${message}`;
  };
  const tokens = [...new Lexer().lex(text)];
  const scanned = scanYaml(tokens);
  if (scanned.length > 0) {
    countLines(lines, text);
    return { ok: false, problems: scanned.map(at), ...findHeader(text) };
  }
  const document = parseTokens(tokens, lines, text.length);
  const refusals: Refusal[] = [...document.errors, ...document.warnings]
    .slice(0, MAX_TOLD)
    .map(({ pos, message }) => ({ offset: pos[0], message }));
  const places = findPlaces(document, lines, line - 1, refusals);
  if (refusals.length > 0)
    return { ok: false, problems: refusals.slice(0, MAX_TOLD).map(at), ...findHeader(text) };
  return { ok: true, source: { file, value: document.toJS({ maxAliasCount: 0 }), places } };
}

/** The text was split into documents before. */
function parseTokens(tokens: readonly string[], lines: LineCounter, length: number): Document.Parsed {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({
    // Its own check compares every key with every other one.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    merge: false,
  });
  lines.addNewLine(0);
  const parsed = tokens.flatMap((token) => [...parser.next(token)]);
  const [document] = composer.compose([...parsed, ...parser.end()], true, length);
  return document as Document.Parsed;
}

/** What a text that cannot be read says it is: its first `kind` and `tenant` at the left edge. */
function findHeader(text: string): Pick<UnreadableYaml, "kind" | "tenant"> {
  const find = (key: string): string | undefined =>
    new RegExp(`^${key}:[ \\t]+["']?([^\\s"'#]{1,128})["']?[ \\t]*(?:#.*)?$`, "m").exec(text)?.[1];
  return { kind: find("kind"), tenant: find("tenant") };
}

function countLines(lines: LineCounter, text: string): void {
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
}

/** Walks the document once: places of all values, and what the parser lets through. */
function findPlaces(
  document: Document.Parsed,
  counter: LineCounter,
  before: number,
  refusals: Refusal[],
): PlaceTable {
  const places = new Map<string, Place>();
  const place = (path: readonly (string | number)[], offset: number): void => {
    const { line, col } = counter.linePos(offset);
    places.set(formatPolicyPath(path), { line: line + before, column: col });
  };
  const walk = (node: Node, path: readonly (string | number)[]): void => {
    if (path.length > MAX_DEPTH) {
      refusals.push({ offset: startOf(node), message: `is nested too deeply: at most ${MAX_DEPTH} levels` });
      return;
    }
    if (isSeq<Node>(node)) {
      for (const [index, item] of node.items.entries()) {
        place([...path, index], startOf(item));
        walk(item, [...path, index]);
      }
    } else if (isMap<Node, Node | null>(node)) {
      const seen = new Set<string>();
      for (const pair of node.items) walkPair(pair, seen, path);
    } else if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value))
      refusals.push({ offset: startOf(node), message: "is no number: .inf and .nan are not allowed" });
  };
  const walkPair = (
    pair: Pair<Node, Node | null>,
    seen: Set<string>,
    path: readonly (string | number)[],
  ): void => {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    const offset = startOf(pair.key);
    if (seen.has(key)) refusals.push({ offset, message: `the key ${JSON.stringify(key)} comes twice` });
    if (FORBIDDEN_KEYS.has(key)) refusals.push({ offset, message: `${key} is no name of a key` });
    seen.add(key);
    const inner = [...path, key];
    // A key without a value stands for itself; a value is where people look for it.
    const isEmpty = pair.value === null || (isScalar(pair.value) && pair.value.value === null);
    place(inner, isEmpty ? offset : startOf(pair.value));
    if (pair.value !== null) walk(pair.value, inner);
  };
  if (document.contents !== null) {
    place([], startOf(document.contents));
    walk(document.contents, []);
  }
  return packPlaces(places);
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
