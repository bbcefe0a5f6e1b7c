// Secrets in a JSON document: in names and texts at any depth, in JSON inside texts, and under names that say so. Gives
// what was found and the edits that replace the secrets alone: the words around them stay.

import { editJson, type JsonEdit } from "../../../json/edit-json.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonDocument,
  type JsonObject,
  type JsonPath,
  type JsonValue,
} from "../../../json/json-document.ts";
import { isJsonDocument, mayBeContainer, parseJson } from "../../../json/parse-json.ts";
import type { PatternSet } from "../../../patterns/pattern-set.ts";
import { findPatternSpans, matchPatterns } from "../../../patterns/pattern-set.ts";
import { type DocumentTexts, textsOf } from "../../../texts/document-texts.ts";
import { findSecretsInLayers } from "./decode-layers.ts";
import type { SecretHit } from "./find-secrets.ts";
import { isValueOf } from "./find-secrets.ts";
import { findSecretName, type SecretName } from "./secret-names.ts";

export interface ScanOptions {
  /** Characters from which a value under a telling name is a secret. */
  readonly minSecretLength: number;
  /** Texts that are no secrets: a secret or a whole value that equals one of them is let be. */
  readonly allowlist: ReadonlySet<string>;
  readonly customPatterns: PatternSet | undefined;
  /** Members of the root whose texts are let be when they have the form of a token. */
  readonly ignored: ReadonlySet<string>;
  /** What is written in place of a secret. */
  readonly placeholder: (secret: string) => string;
}

export interface SecretFinding {
  readonly kind: string;
  /** Of the text that holds it; of the member when its name does. */
  readonly path: JsonPath;
  /** Bytes of that text as UTF-8. */
  readonly offset: number;
  readonly length: number;
  /** Never leaves the engine but as a keyed hash. */
  readonly secret: string;
}

export interface Scan {
  readonly findings: readonly SecretFinding[];
  readonly edits: readonly JsonEdit[];
}

interface Scanner {
  readonly options: ScanOptions;
  readonly findings: SecretFinding[];
  readonly edits: JsonEdit[];
  /** Texts that are JSON, inside one another. */
  readonly depth: number;
}

/** JSON in a text in JSON: deeper ones are read as text. */
const MAX_DEPTH = 3;
/** Findings that are told; all are replaced. */
export const MAX_SECRET_FINDINGS = 64;

export function scanDocument(document: JsonDocument, options: ScanOptions): Scan {
  if (options.customPatterns === undefined && holdsNoSecret(textsOf(document))) return NOTHING;
  const scanner: Scanner = { options, findings: [], edits: [], depth: 0 };
  scanValue(scanner, document.value, [], undefined);
  return scanner;
}

const NOTHING: Scan = Object.freeze({ findings: [], edits: [] });

/** No name that could be one of a secret, nothing that could cover one, and no run of characters as long as one. */
function holdsNoSecret({ hints }: DocumentTexts): boolean {
  if (!hints.isAscii || hints.has("telling") || hints.has("pat") || hints.has("scheme")) return false;
  return !hints.has("percent") && !hints.has("escape") && !hints.hasLongWord;
}

function scanValue(scanner: Scanner, value: JsonValue, path: JsonPath, name: SecretName | undefined): void {
  if (typeof value === "string") scanText(scanner, value, path, name);
  else if (isJsonArray(value))
    for (const [index, item] of value.entries()) scanValue(scanner, item, [...path, index], name);
  else if (isJsonObject(value)) scanObject(scanner, value, path, name);
}

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

function isIgnored({ options, depth }: Scanner, name: string, member: JsonValue, path: JsonPath): boolean {
  if (path.length > 0 || depth > 0 || !options.ignored.has(name)) return false;
  return typeof member === "string" && TOKEN.test(member);
}

/** `outer`: the name that the object itself stands under: `{"password": {"value": "…"}}`. */
function scanObject(
  scanner: Scanner,
  value: JsonObject,
  path: JsonPath,
  outer: SecretName | undefined,
): void {
  const paired = findPairedName(value) ?? outer;
  for (const [name, member] of Object.entries(value)) {
    if (isIgnored(scanner, name, member, path)) continue;
    const isPaired = paired !== undefined && PAIR_VALUES.has(name);
    scanValue(scanner, member, [...path, name], findSecretName(name) ?? (isPaired ? paired : undefined));
    scanName(scanner, value, name, path);
  }
}

const PAIR_NAMES = ["name", "key", "header", "variable", "field"];
const PAIR_VALUES: ReadonlySet<string> = new Set(["value", "val", "content"]);

/** `{"name": "DB_PASSWORD", "value": "…"}` */
function findPairedName(value: JsonObject): SecretName | undefined {
  for (const key of PAIR_NAMES) {
    const name = value[key];
    if (typeof name === "string") return findSecretName(name);
  }
  return undefined;
}

/** A name that holds a secret gets another one, which no other member has. */
function scanName(scanner: Scanner, value: JsonObject, name: string, path: JsonPath): void {
  const hits = findHits(scanner.options, name, undefined);
  if (hits.length === 0) return;
  addFindings(scanner, name, [...path, name], hits);
  const base = redact(name, hits, scanner.options);
  const taken = new Set([...Object.keys(value), ...renamed(scanner.edits, path)]);
  let fresh = base;
  for (let number = 2; taken.has(fresh); number += 1) fresh = `${base}_${number}`;
  scanner.edits.push({ kind: "rename", path: [...path, name], name: fresh });
}

function renamed(edits: readonly JsonEdit[], path: JsonPath): readonly string[] {
  const isBeside = (other: JsonPath): boolean =>
    other.length === path.length + 1 && path.every((part, index) => part === other[index]);
  return edits.flatMap((edit) => (edit.kind === "rename" && isBeside(edit.path) ? [edit.name] : []));
}

function scanText(scanner: Scanner, text: string, path: JsonPath, name: SecretName | undefined): void {
  const inner = scanner.depth < MAX_DEPTH ? findInnerDocument(text) : undefined;
  if (inner !== undefined) {
    scanInner(scanner, inner, path);
    return;
  }
  const hits = findHits(scanner.options, text, name);
  if (hits.length === 0) return;
  addFindings(scanner, text, path, hits);
  const repaired = JSON.stringify(redact(text, hits, scanner.options));
  scanner.edits.push({ kind: "replace", path, text: repaired });
}

/** A text that is JSON is read as such, so that a repair leaves JSON behind. */
function findInnerDocument(text: string): JsonDocument | undefined {
  if (!mayBeContainer(text)) return undefined;
  const result = parseJson(text);
  return isJsonDocument(result) && result.value !== null ? result : undefined;
}

function scanInner(scanner: Scanner, inner: JsonDocument, path: JsonPath): void {
  const below: Scanner = { options: scanner.options, findings: [], edits: [], depth: scanner.depth + 1 };
  scanValue(below, inner.value, [], undefined);
  for (const finding of below.findings)
    if (scanner.findings.length < MAX_SECRET_FINDINGS)
      scanner.findings.push({ ...finding, path: [...path, ...finding.path] });
  if (below.edits.length === 0) return;
  scanner.edits.push({ kind: "replace", path, text: JSON.stringify(editJson(inner.text, below.edits)) });
}

/** Secrets in one text that is not read as JSON, first to last, without overlaps. */
export function findHits(
  options: Pick<ScanOptions, "minSecretLength" | "allowlist" | "customPatterns">,
  text: string,
  name: SecretName | undefined,
): readonly SecretHit[] {
  if (options.allowlist.has(text)) return [];
  let hits = findSecretsInLayers(text, options.minSecretLength);
  if (hits.length === 0 && name !== undefined) {
    const start = text.length - text.trimStart().length;
    const value = text.trim();
    // A text of several words is prose about a secret, not one.
    if (!/\s/.test(value) && isValueOf(name.kind, value, options.minSecretLength, name.isPassword))
      hits = [{ kind: name.kind, start, end: start + value.length }];
  }
  hits = addCustom(options, text, hits);
  if (options.allowlist.size === 0) return hits;
  return hits.filter(({ start, end }) => !options.allowlist.has(text.slice(start, end)));
}

function addCustom(
  options: Pick<ScanOptions, "customPatterns">,
  text: string,
  hits: readonly SecretHit[],
): readonly SecretHit[] {
  const set = options.customPatterns;
  if (set === undefined) return hits;
  const custom = matchPatterns(set, text).flatMap((id) =>
    findPatternSpans(set, id, text).map(({ start, end }) => ({ kind: "custom", start, end })),
  );
  if (custom.length === 0) return hits;
  const all = [...hits, ...custom].sort((left, right) => left.start - right.start || right.end - left.end);
  const joined: SecretHit[] = [];
  for (const hit of all) {
    const last = joined.at(-1);
    if (last === undefined || hit.start >= last.end) joined.push(hit);
    else joined[joined.length - 1] = { ...last, end: Math.max(last.end, hit.end) };
  }
  return joined;
}

function addFindings(scanner: Scanner, text: string, path: JsonPath, hits: readonly SecretHit[]): void {
  for (const { kind, start, end } of hits) {
    if (scanner.findings.length >= MAX_SECRET_FINDINGS) return;
    const secret = text.slice(start, end);
    const offset = byteLengthOf(text.slice(0, start));
    scanner.findings.push({ kind, path, offset, length: byteLengthOf(secret), secret });
  }
}

const utf8 = new TextEncoder();

function byteLengthOf(text: string): number {
  return utf8.encode(text).length;
}

/** `hits` in order and without overlaps. */
function redact(text: string, hits: readonly SecretHit[], options: ScanOptions): string {
  let result = "";
  let done = 0;
  for (const { start, end } of hits) {
    result += text.slice(done, start) + options.placeholder(text.slice(start, end));
    done = end;
  }
  return result + text.slice(done);
}
