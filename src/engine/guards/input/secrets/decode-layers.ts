// Secrets under layers: full-width letters, invisible characters, percent-encoding, escapes, base64, hexadecimal. A layer
// is a second text with the place of each of its characters in the first; hits are told in places of the first. Layers
// are few and never longer than what they decode, so the whole stays linear.
import { findSecrets, type SecretHit } from "./find-secrets.ts";
import { SURVEY, surveyText } from "./survey-text.ts";

/** What stands under a text: same order, each character with where it came from. */
interface Layer {
  readonly text: string;
  /** Place of each character in the text below, and of the end. */
  readonly places: readonly number[];
}

/** Layers in layers, of any kind. */
const MAX_DEPTH = 3;
/** Longer runs are files. */
const RUN_MAX_LENGTH = 65_536;

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
  return decoded ?? ((survey & SURVEY.escape) === 0 ? undefined : decodeEscapes(text));
}

function placeHit({ kind, start, end }: SecretHit, { places }: Layer): SecretHit {
  return { kind, start: places[start] as number, end: places[end] as number };
}

/** A hit of a lower layer counts only where the upper ones found nothing, unless it knows better what it is. */
function join(hits: readonly SecretHit[], more: readonly SecretHit[]): readonly SecretHit[] {
  if (more.length === 0) return hits;
  if (hits.length === 0) return more;
  const known = more.filter(({ kind }) => !isVague(kind));
  const kept = hits.filter((hit) => !isVague(hit.kind) || !known.some((other) => overlap(hit, other)));
  const added = more.filter((hit) => !kept.some((other) => overlap(hit, other)));
  return [...kept, ...added].sort((left, right) => left.start - right.start);
}

function isVague(kind: string): boolean {
  return kind === "generic_secret" || kind === "url_password";
}

function overlap(left: SecretHit, right: SecretHit): boolean {
  return left.start < right.end && right.start < left.end;
}

const RUN = /[A-Za-z0-9+/_-]{20,}={0,2}/g;

/** Base64 and hexadecimal whose content is text with a secret: the whole run is the secret. */
function findEncoded(text: string, minLength: number, depth: number): readonly SecretHit[] {
  const hits: SecretHit[] = [];
  for (const { index, 0: run } of text.matchAll(RUN)) {
    if (run.length > RUN_MAX_LENGTH) continue;
    const decoded = decodeRun(run);
    const inner = decoded === undefined ? undefined : findAtDepth(decoded, minLength, depth - 1)[0];
    if (inner !== undefined) hits.push({ kind: inner.kind, start: index, end: index + run.length });
  }
  return hits;
}

const PRINTABLE = /^[\t\n\r\x20-\x7e]+$/;

function decodeRun(run: string): string | undefined {
  if (/^(?:[0-9A-Fa-f]{2})+$/.test(run)) {
    const text = run.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)));
    if (PRINTABLE.test(text)) return text;
  }
  const letters = run.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  // A path or a name may stand right before the run: then it starts a few characters later.
  for (let skip = 0; skip < 4; skip += 1) {
    if (!PRINTABLE.test(atob(letters.slice(skip, skip + 12)))) continue;
    const whole = letters.slice(skip);
    const text = atob(whole.length % 4 === 1 ? whole.slice(0, -1) : whole);
    if (PRINTABLE.test(text)) return text;
  }
  return undefined;
}

/** Characters that are not seen: between them a secret is still one. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

function foldLetters(text: string): Layer | undefined {
  const builder = createLayer();
  let at = 0;
  for (const letter of text) {
    if (letter <= "\u007f") builder.add(letter, at);
    else if (!INVISIBLE.test(letter)) builder.add(letter.normalize("NFKC"), at);
    at += letter.length;
  }
  return builder.end(text);
}

function decodePercent(text: string): Layer | undefined {
  return /%[0-7][0-9A-Fa-f]/.test(text) ? replaceCodes(text, /%([0-7][0-9A-Fa-f])/g, 16) : undefined;
}

/** `\u0041`, `\x41`, `&#65;`, `&#x41;` */
function decodeEscapes(text: string): Layer | undefined {
  if (/\\u00|\\x/.test(text)) return replaceCodes(text, /\\+(?:u00|x)([0-7][0-9A-Fa-f])/g, 16);
  if (/&#x/i.test(text)) return replaceCodes(text, /&#[xX]0{0,4}([0-7][0-9A-Fa-f]);/g, 16);
  return text.includes("&#") ? replaceCodes(text, /&#0{0,4}(\d{2,3});/g, 10) : undefined;
}

function replaceCodes(text: string, pattern: RegExp, radix: number): Layer | undefined {
  const builder = createLayer();
  let at = 0;
  for (const found of text.matchAll(pattern)) {
    for (; at < found.index; at += 1) builder.add(text.charAt(at), at);
    builder.add(String.fromCharCode(Number.parseInt(found[1] as string, radix)), at);
    at = found.index + found[0].length;
  }
  for (; at < text.length; at += 1) builder.add(text.charAt(at), at);
  return builder.end(text);
}

interface LayerBuilder {
  add(letters: string, place: number): void;
  /** Undefined when nothing changed. */
  end(below: string): Layer | undefined;
}

function createLayer(): LayerBuilder {
  let text = "";
  const places: number[] = [];
  return {
    add(letters, place) {
      text += letters;
      for (let unit = 0; unit < letters.length; unit += 1) places.push(place);
    },
    end(below) {
      if (text === below) return undefined;
      places.push(below.length);
      return { text, places };
    },
  };
}
