// Secrets under layers: full-width letters, invisible characters, percent-encoding, escapes, base64, hexadecimal. A layer
// is a second text with the place of each of its characters in the first; hits are told in places of the first. Layers
// are few and never longer than what they decode, so the whole stays linear.
import { decodeRun, ENCODED_RUN } from "../../../texts/decode-run.ts";
import { SURVEY, surveyText } from "../../../texts/survey-text.ts";
import { createLayer, foldLetters, type Layer } from "../../../texts/text-layer.ts";
import { findSecrets, type SecretHit } from "./find-secrets.ts";

/** Layers in layers, of any kind. */
const MAX_DEPTH = 3;

/** As findSecrets, under all layers as well; hits of upper layers first where they overlap. */
export function findSecretsInLayers(text: string, minLength: number): readonly SecretHit[] {
  return findAtDepth(text, minLength, MAX_DEPTH);
}

function findAtDepth(text: string, minLength: number, depth: number): readonly SecretHit[] {
  const survey = surveyText(text);
  const hits = findSecrets(text, minLength, survey);
  if (depth === 0 || survey < SURVEY.longRun) return hits;
  const hasLongRun = (survey & SURVEY.longRun) !== 0;
  const encoded = hasLongRun ? join(hits, findEncoded(text, minLength, depth)) : hits;
  const layer = findLayer(text, survey);
  if (layer === undefined) return encoded;
  const under = findAtDepth(layer.text, minLength, depth - 1);
  return join(
    encoded,
    under.map((hit) => placeHit(hit, layer)),
  );
}

/** One layer at a time: what lies under it is found from there. */
function findLayer(text: string, survey: number): Layer | undefined {
  const folded = (survey & SURVEY.notAscii) === 0 ? undefined : foldLetters(text);
  if (folded !== undefined) return folded;
  const decoded = (survey & SURVEY.percent) === 0 ? undefined : decodePercent(text);
  const escaped = decoded ?? ((survey & SURVEY.escape) === 0 ? undefined : decodeEscapes(text));
  if (escaped !== undefined || (survey & SURVEY.longRun) === 0) return escaped;
  return decodeQuotedPrintable(text) ?? decodePairs(text) ?? joinLines(text);
}

/** Mail: `=41`, and lines that go on behind a `=`. One `=41` alone may be a value. */
function decodeQuotedPrintable(text: string): Layer | undefined {
  if (!/=\r?\n|(?:=[2-7][0-9A-F]){3}/.test(text)) return undefined;
  return replaceCodes(text, /=(?:([2-7][0-9A-F])|\r?\n)/g, 16);
}

/** Bytes one by one: `41:4b:49`, `41-4B-49`, `0x41,0x4b,0x49`. */
const PAIRS = /(?<![0-9A-Za-z])(?:(?:0x)?[0-9A-Fa-f]{2}[:,;_-]){11,}(?:0x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])/g;

function decodePairs(text: string): Layer | undefined {
  const builder = createLayer();
  let at = 0;
  for (const { index, 0: found } of text.matchAll(PAIRS)) {
    for (; at < index; at += 1) builder.add(text.charAt(at), at);
    for (const { index: place, 1: pair } of found.matchAll(/(?:0x)?([0-9A-Fa-f]{2})/g))
      builder.add(String.fromCharCode(Number.parseInt(pair as string, 16)), index + place);
    at = index + found.length;
  }
  if (at === 0) return undefined;
  for (; at < text.length; at += 1) builder.add(text.charAt(at), at);
  return builder.end(text);
}

/** Lines of encoded text as one: mail and PEM break them anywhere. */
const LINE_BREAK = /(?<=[A-Za-z0-9+/]{20})\r?\n(?=[A-Za-z0-9+/]{2,}={0,2}(?![A-Za-z0-9+/]))/g;

function joinLines(text: string): Layer | undefined {
  if (!text.includes("\n")) return undefined;
  const builder = createLayer();
  let at = 0;
  for (const { index, 0: found } of text.matchAll(LINE_BREAK)) {
    for (; at < index; at += 1) builder.add(text.charAt(at), at);
    at = index + found.length;
  }
  if (at === 0) return undefined;
  for (; at < text.length; at += 1) builder.add(text.charAt(at), at);
  return builder.end(text);
}

function placeHit({ kind, start, end }: SecretHit, { places }: Layer): SecretHit {
  return { kind, start: places[start] as number, end: places[end] as number };
}

/** A hit of a lower layer counts only where the upper ones found nothing, or a part of it, unless it knows better what it is. */
function join(hits: readonly SecretHit[], more: readonly SecretHit[]): readonly SecretHit[] {
  if (more.length === 0) return hits;
  if (hits.length === 0) return more;
  const known = more.filter(({ kind }) => !isVague(kind));
  const kept = hits.filter(
    (hit) => !known.some((other) => (isVague(hit.kind) ? overlap(hit, other) : isPart(hit, other))),
  );
  const added = more.filter((hit) => !kept.some((other) => overlap(hit, other)));
  return [...kept, ...added].sort((left, right) => left.start - right.start);
}

function isVague(kind: string): boolean {
  return kind === "generic_secret" || kind === "url_password";
}

function isPart(part: SecretHit, whole: SecretHit): boolean {
  const isInside = whole.start <= part.start && part.end <= whole.end;
  return isInside && part.end - part.start < whole.end - whole.start;
}

function overlap(left: SecretHit, right: SecretHit): boolean {
  return left.start < right.end && right.start < left.end;
}

/** Base64 and hexadecimal whose content is text with a secret: the whole run is the secret. */
function findEncoded(text: string, minLength: number, depth: number): readonly SecretHit[] {
  const hits: SecretHit[] = [];
  for (const { index, 0: run } of text.matchAll(ENCODED_RUN)) {
    const decoded = decodeRun(run);
    const inner = decoded === undefined ? undefined : findAtDepth(decoded, minLength, depth - 1)[0];
    if (inner !== undefined) hits.push({ kind: inner.kind, start: index, end: index + run.length });
  }
  return hits;
}

function decodePercent(text: string): Layer | undefined {
  return /%[0-7][0-9A-Fa-f]/.test(text) ? replaceCodes(text, /%([0-7][0-9A-Fa-f])/g, 16) : undefined;
}

/** `\u0041`, `\x41`, `&#65;`, `&#x41;` */
function decodeEscapes(text: string): Layer | undefined {
  if (/\\u\{/.test(text)) return replaceCodes(text, /\\+u\{0{0,4}([0-7][0-9A-Fa-f])\}/g, 16);
  if (/\\u00|\\x/.test(text)) return replaceCodes(text, /\\+(?:u00|x)([0-7][0-9A-Fa-f])/g, 16);
  if (/&#x/i.test(text)) return replaceCodes(text, /&#[xX]0{0,4}([0-7][0-9A-Fa-f]);/g, 16);
  return text.includes("&#") ? replaceCodes(text, /&#0{0,4}(\d{2,3});/g, 10) : undefined;
}

function replaceCodes(text: string, pattern: RegExp, radix: number): Layer | undefined {
  const builder = createLayer();
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    for (; at < found.index; at += 1) builder.add(text.charAt(at), at);
    if (found[1] !== undefined) builder.add(String.fromCharCode(Number.parseInt(found[1], radix)), at);
    at = found.index + found[0].length;
  }
  for (; at < text.length; at += 1) builder.add(text.charAt(at), at);
  return builder.end(text);
}
