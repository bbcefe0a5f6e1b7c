// Cuts a JSON text so that it stays JSON and fits: long strings and arrays first, then whatever is left over when the room is
// used up. What is kept keeps its spelling.
import {
  isJsonArray,
  isJsonObject,
  type JsonDocument,
  type JsonPath,
  type JsonValue,
} from "../../json/json-document.ts";
import { createSpanTree, type SpanNode } from "../../json/span-tree.ts";
import { countBytes, countCharacters, isHighSurrogate, isLowSurrogate } from "./measure-output.ts";

export interface CutBounds {
  /** Of the JSON text. */
  readonly bytes: number;
  readonly characters: number;
  readonly depth: number;
  readonly arrayLength: number;
  readonly stringLength: number;
  /** Leaves an item of an array out rather than cutting it, unless it is the first. */
  readonly wholeItems: boolean;
}

/** One place where something is missing. */
export interface Cut {
  readonly path: JsonPath;
  readonly kind: "items" | "characters" | "members" | "depth";
  /** Items, characters or members that are there. */
  readonly kept: number;
  /** Those that there were. */
  readonly total: number;
}

export interface CutOutput {
  readonly text: string;
  /** In the order of the text. */
  readonly cuts: readonly Cut[];
}

interface Writer {
  readonly source: string;
  readonly bounds: CutBounds;
  readonly cuts: Cut[];
  text: string;
  /** Left for values; the brackets that are still open are taken off already. */
  bytes: number;
  characters: number;
}

/** The longest cut that fits into `bounds`; `null` where not even an empty value does, which is as short as JSON gets. */
export function cutOutput(document: JsonDocument, bounds: CutBounds): CutOutput {
  const writer: Writer = {
    source: document.text,
    bounds,
    cuts: [],
    text: "",
    bytes: bounds.bytes,
    characters: bounds.characters,
  };
  const isThere = writeValue(writer, document.value, createSpanTree(document.text), [], 0);
  return { text: isThere ? writer.text : "null", cuts: writer.cuts };
}

/** Writes as much of the value as there is room for; false, and nothing written, when there is none for any of it. */
function writeValue(
  writer: Writer,
  value: JsonValue,
  node: SpanNode,
  path: JsonPath,
  depth: number,
): boolean {
  if (typeof value === "string") return writeString(writer, value, node, path);
  if (value === null || typeof value !== "object")
    return put(writer, writer.source.slice(node.start, node.end));
  if (depth >= writer.bounds.depth) {
    const total = isJsonArray(value) ? value.length : Object.keys(value).length;
    if (!put(writer, "null")) return false;
    writer.cuts.push({ path, kind: "depth", kept: 0, total });
    return true;
  }
  if (!take(writer, "[]")) return false;
  if (isJsonArray(value)) writeItems(writer, value, node, path, depth);
  else if (isJsonObject(value)) writeMembers(writer, value, node, path, depth);
  return true;
}

function writeItems(
  writer: Writer,
  items: readonly JsonValue[],
  node: SpanNode,
  path: JsonPath,
  depth: number,
): void {
  writer.text += "[";
  const most = Math.min(items.length, writer.bounds.arrayLength);
  let kept = 0;
  for (; kept < most; kept += 1) {
    const mark = markOf(writer);
    const isThere =
      (kept === 0 || put(writer, ",")) &&
      writeValue(
        writer,
        items[kept] as JsonValue,
        node.items?.[kept] as SpanNode,
        [...path, kept],
        depth + 1,
      );
    const isWhole = isThere && !hasSizeCut(writer, mark.cuts);
    if (!isThere || (writer.bounds.wholeItems && kept > 0 && !isWhole)) {
      reset(writer, mark);
      break;
    }
    // What follows a cut would look as if nothing were missing in between.
    if (!isWhole) {
      kept += 1;
      break;
    }
  }
  writer.text += "]";
  if (kept < items.length) writer.cuts.push({ path, kind: "items", kept, total: items.length });
}

/** Members that have no room are left out; later, smaller ones may still fit. */
function writeMembers(
  writer: Writer,
  value: { readonly [name: string]: JsonValue },
  node: SpanNode,
  path: JsonPath,
  depth: number,
): void {
  writer.text += "{";
  const members = [...(node.members ?? [])];
  let kept = 0;
  for (const [name, member] of members) {
    const mark = markOf(writer);
    const written = `${kept === 0 ? "" : ","}${writer.source.slice(member.name.start, member.name.end)}:`;
    const isThere =
      put(writer, written) &&
      writeValue(writer, value[name] as JsonValue, member.value, [...path, name], depth + 1);
    if (isThere) kept += 1;
    else reset(writer, mark);
  }
  writer.text += "}";
  if (kept < members.length) writer.cuts.push({ path, kind: "members", kept, total: members.length });
}

function writeString(writer: Writer, value: string, node: SpanNode, path: JsonPath): boolean {
  const spelled = writer.source.slice(node.start, node.end);
  const isShort =
    value.length <= writer.bounds.stringLength || countCharacters(value) <= writer.bounds.stringLength;
  if (isShort && put(writer, spelled)) return true;
  if (!take(writer, '""')) return false;
  writer.text += '"';
  const kept = writeCharacters(writer, value);
  writer.text += '"';
  writer.cuts.push({ path, kind: "characters", kept, total: countCharacters(value) });
  return true;
}

/** Characters written at a time: enough that a long text costs little, few enough that the last steps are short. */
const STEP_CHARACTERS = 1_024;

/** As many characters from the start as are allowed and fit; never half a surrogate pair. */
function writeCharacters(writer: Writer, value: string): number {
  let at = 0;
  let kept = 0;
  for (let step = STEP_CHARACTERS; step >= 1 && at < value.length; ) {
    const left = writer.bounds.stringLength - kept;
    if (left <= 0) break;
    const piece = value.slice(at, characterEnd(value, at, Math.min(step, left)));
    if (put(writer, JSON.stringify(piece).slice(1, -1))) {
      at += piece.length;
      kept += countCharacters(piece);
    } else step = Math.floor(step / 2);
  }
  return kept;
}

/** The end of `count` units from `at`, one unit further where it would split a pair. */
function characterEnd(value: string, at: number, count: number): number {
  const end = Math.min(at + count, value.length);
  const isSplit = isHighSurrogate(value.charCodeAt(end - 1)) && isLowSurrogate(value.charCodeAt(end));
  return isSplit ? end + 1 : end;
}

/** Whether anything since `from` was cut for want of room: cuts by their own bounds leave the rest of the text alone. */
function hasSizeCut(writer: Writer, from: number): boolean {
  const { bounds } = writer;
  return writer.cuts.slice(from).some(({ kind, kept }) => {
    if (kind === "members") return true;
    if (kind === "items") return kept < bounds.arrayLength;
    return kind === "characters" && kept < bounds.stringLength;
  });
}

interface Mark {
  readonly length: number;
  readonly bytes: number;
  readonly characters: number;
  readonly cuts: number;
}

function markOf({ text, bytes, characters, cuts }: Writer): Mark {
  return { length: text.length, bytes, characters, cuts: cuts.length };
}

function reset(writer: Writer, mark: Mark): void {
  writer.text = writer.text.slice(0, mark.length);
  writer.bytes = mark.bytes;
  writer.characters = mark.characters;
  writer.cuts.length = mark.cuts;
}

function put(writer: Writer, text: string): boolean {
  if (!take(writer, text)) return false;
  writer.text += text;
  return true;
}

/** Takes the room of `text` without writing it. */
function take(writer: Writer, text: string): boolean {
  if (text.length > writer.characters * 2 || text.length > writer.bytes) return false;
  const bytes = countBytes(text);
  const characters = countCharacters(text);
  if (bytes > writer.bytes || characters > writer.characters) return false;
  writer.bytes -= bytes;
  writer.characters -= characters;
  return true;
}
