// Secrets in one text as it stands: nothing is decoded here, see decode-layers.ts. Every search is one pass whose attempts
// at a place are bounded, so the whole is linear.
import { SECRET_FORMS, type SecretForm } from "./secret-kinds.ts";
import { findSecretName } from "./secret-names.ts";
import { isSecretValue, isStandIn, SECRET_MAX_LENGTH } from "./secret-values.ts";

/** In UTF-16 units of the text that was searched: the secret alone, not the words around it. */
export interface SecretHit {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

interface RankedHit extends SecretHit {
  /** The smaller is believed where two overlap. */
  readonly rank: number;
}

/** How telling a hit is: a known form, then what stands around it, then a form that many things have, then a name. */
const RANK = { form: 0, place: 1, jwt: 2, name: 3 } as const;
/** Words beside which even a short or odd value is a secret. */
const TELLING = /pass|pwd|secret|token|key|credential|auth|bearer|basic|curl/i;
/** No secret is shorter: `a://:b@`. */
const SHORTEST = 7;

/**
 * Where two overlap, the more telling one; first to last. `minLength`: of a value that only its name gives away.
 * `survey`: of this text.
 */
export function findSecrets(text: string, minLength: number, survey: number): readonly SecretHit[] {
  if (text.length < SHORTEST) return NONE;
  const isTelling = TELLING.test(text);
  if (!isTelling && survey === 0) return NONE;
  const hits: RankedHit[] = [];
  if (survey !== 0) {
    findForms(text, hits);
    findLooseForms(text, hits);
    findUrlPasswords(text, hits);
  }
  if (isTelling) {
    findPrivateKeys(text, hits);
    findAuthorizations(text, hits);
    findAssignments(text, minLength, hits);
  }
  return hits.length === 0 ? NONE : withoutOverlaps(hits);
}

const NONE: readonly SecretHit[] = Object.freeze([]);

function withoutOverlaps(hits: readonly RankedHit[]): readonly SecretHit[] {
  const ordered = hits.toSorted((a, b) => a.rank - b.rank || b.end - b.start - (a.end - a.start));
  const taken: SecretHit[] = [];
  for (const { kind, start, end } of ordered)
    if (!taken.some((other) => start < other.end && other.start < end)) taken.push({ kind, start, end });
  return taken.sort((left, right) => left.start - right.start);
}

/** All forms whose prefix could stand where the key of the map stands: `sk-ant-` and `sk-`. */
const formsByPrefix = new Map<string, readonly SecretForm[]>(
  SECRET_FORMS.map(({ prefix }) => [
    prefix,
    SECRET_FORMS.filter((form) => prefix.startsWith(form.prefix)).sort(
      (left, right) => right.prefix.length - left.prefix.length,
    ),
  ]),
);
const anyPrefix = new RegExp(
  [...formsByPrefix.keys()]
    .sort((left, right) => right.length - left.length)
    .map((prefix) => prefix.replace(/[.~]/g, "\\$&"))
    .join("|"),
  "g",
);

function findForms(text: string, hits: RankedHit[]): void {
  anyPrefix.lastIndex = 0;
  for (let found = anyPrefix.exec(text); found !== null; found = anyPrefix.exec(text)) {
    const at = found.index;
    const hit = isWordStart(text, at) ? matchForm(text, at, formsByPrefix.get(found[0]) ?? []) : undefined;
    if (hit !== undefined) hits.push(hit);
    anyPrefix.lastIndex = hit?.end ?? at + 1;
  }
}

function matchForm(text: string, at: number, forms: readonly SecretForm[]): RankedHit | undefined {
  for (const { kind, prefix, pattern } of forms) {
    pattern.lastIndex = at;
    const length = pattern.exec(text)?.[0].length;
    if (length === undefined) continue;
    // One letter again and again is what people write instead of a key; the other its vendor prints in all its manuals.
    if (/^(.)\1{15}/.test(text.slice(at + prefix.length, at + prefix.length + 16))) return undefined;
    if (text.startsWith("EXAMPLE", at + length - 7)) return undefined;
    const start = prefix.endsWith("=") ? at + prefix.length : at;
    return { kind, start, end: at + length, rank: kind === "jwt" ? RANK.jwt : RANK.form };
  }
  return undefined;
}

function isWordStart(text: string, at: number): boolean {
  return at === 0 || !/[A-Za-z0-9]/.test(text.charAt(at - 1));
}

/** Forms without a prefix of their own, each with what must stand in the text before it is searched. */
const LOOSE_FORMS: readonly (readonly [kind: string, hint: string, pattern: RegExp])[] = [
  ["telegram_token", ":AA", /(?<![\w-])\d{8,10}:AA[\w-]{32,34}(?![\w-])/g],
  ["discord_token", ".", /(?<![\w.-])[MNO][A-Za-z\d]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w.-])/g],
  ["azure_client_secret", "Q~", /(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~-])/g],
  ["terraform_token", ".atlasv1.", /(?<![\w-])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}/g],
];

function findLooseForms(text: string, hits: RankedHit[]): void {
  for (const [kind, hint, pattern] of LOOSE_FORMS)
    if (text.includes(hint))
      for (const { index, 0: found } of text.matchAll(pattern))
        hits.push({ kind, start: index, end: index + found.length, rank: RANK.form });
}

const KEY_BEGIN = /-----BEGIN[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d/g;
const KEY_END = /-----END[ A-Z0-9_-]{0,60}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_BODY = /[\sA-Za-z0-9+/=\\:,-]*/y;

/** The whole block; one that does not end goes as far as it could. */
function findPrivateKeys(text: string, hits: RankedHit[]): void {
  if (!text.includes("PRIVATE KEY") && !text.includes("PuTTY-User")) return;
  KEY_BEGIN.lastIndex = 0;
  let isEnded = true;
  for (let found = KEY_BEGIN.exec(text); found !== null; found = KEY_BEGIN.exec(text)) {
    KEY_END.lastIndex = KEY_BEGIN.lastIndex;
    const last: RegExpExecArray | null = isEnded ? KEY_END.exec(text) : null;
    isEnded = last !== null;
    KEY_BODY.lastIndex = KEY_BEGIN.lastIndex;
    const end =
      last === null ? KEY_BEGIN.lastIndex + (KEY_BODY.exec(text)?.[0].length ?? 0) : KEY_END.lastIndex;
    hits.push({ kind: "private_key", start: found.index, end, rank: RANK.form });
    KEY_BEGIN.lastIndex = end;
  }
}

const USER_AND_PASSWORD = /[^\s/?#@:"'<>\\]{0,255}:([^\s/?#"'<>\\]{1,255})@/y;
const USER_ALONE = /([^\s/?#@:"'<>\\]{20,255})@/y;

function findUrlPasswords(text: string, hits: RankedHit[]): void {
  for (let at = text.indexOf("://"); at !== -1; at = text.indexOf("://", at + 3)) {
    if (!/[A-Za-z0-9+.-]/.test(text.charAt(at - 1))) continue;
    USER_AND_PASSWORD.lastIndex = at + 3;
    const both = USER_AND_PASSWORD.exec(text);
    USER_ALONE.lastIndex = at + 3;
    const secret = both?.[1] ?? USER_ALONE.exec(text)?.[1];
    if (secret === undefined || isStandIn(secret)) continue;
    if (both === null && !isSecretValue(secret, 20, false)) continue;
    const end = (both === null ? USER_ALONE.lastIndex : USER_AND_PASSWORD.lastIndex) - 1;
    hits.push({ kind: "url_password", start: end - secret.length, end, rank: RANK.place });
  }
}

const BEARER = /\bbearer[ \t:=]{1,4}["']?([A-Za-z0-9._~+/=-]{16,4096})/gi;
const SCHEME =
  /\bauthorization["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:token|api-?key|key|ssws)[ \t]{1,4}([\w.~+/=-]{16,1024})/gi;
const BASIC = /\bbasic[ \t]{1,4}([A-Za-z0-9+/]{6,1024}={0,2})/gi;
/** Lines of .netrc have neither colon nor equals sign. */
const NETRC = /\blogin[ \t]{1,4}\S{1,64}\s{1,4}password[ \t]{1,4}(\S{1,256})/g;
const CURL_USER = /(?:^|\s)(?:-u|--user)(?:\s+|=)["']?[^\s:"']{1,64}:([^\s"']{1,256})/g;

function findAuthorizations(text: string, hits: RankedHit[]): void {
  if (/\b(?:bearer|authorization)\b/i.test(text))
    for (const pattern of [BEARER, SCHEME])
      addGroups(
        text,
        pattern,
        "bearer_token",
        hits,
        (value) => /\d/.test(value) && isSecretValue(value.slice(0, SECRET_MAX_LENGTH), 16, false),
      );
  if (/\bbasic\b/i.test(text)) addGroups(text, BASIC, "basic_auth", hits, isUserAndPassword);
  if (text.includes("login")) addGroups(text, NETRC, "basic_auth", hits, (value) => !isStandIn(value));
  if (text.includes("curl")) addGroups(text, CURL_USER, "basic_auth", hits, (value) => !isStandIn(value));
}

function addGroups(
  text: string,
  pattern: RegExp,
  kind: string,
  hits: RankedHit[],
  isSecret: (value: string) => boolean,
): void {
  for (const found of text.matchAll(pattern)) {
    const value = found[1] ?? "";
    const end = found.index + found[0].length;
    if (isSecret(value)) hits.push({ kind, start: end - value.length, end, rank: RANK.place });
  }
}

function isUserAndPassword(value: string): boolean {
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false;
  return /^[\x20-\x7e]{1,128}:[\x20-\x7e]+$/.test(atob(value));
}

const NAME = /[A-Za-z0-9_.$-]{3,}/g;
const SEPARATOR =
  /\\{0,2}["'`]?\]?[ \t]{0,4}(?:=>|:=|[=:]{1,3}|\|\|:|>)[ \t]{0,4}(?:\\{0,2}(["'`]))?|[ \t]+(?:is|was|=)[ \t]+(["'`])?|["']?,?[ \t]{0,4}(?:\r?\n[ \t]{0,24})?(?<=\s)["']?value["']?[ \t]{0,2}[=:][ \t]{0,2}(["'])?/y;
const BLANK = /[ \t]{1,4}(["'])?/y;
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /[^"\s\\]{1,1025}/y,
  "'": /[^'\s\\]{1,1025}/y,
  "`": /[^`\s\\]{1,1025}/y,
};
const UNQUOTED = /[^\s"'`;,&<>(){}[\]|\\]{1,1025}/y;

/** `name = value` in any spelling, `key="name" value="…"` and `- name: … value: …` among them, of configuration, code, headers and prose. */
function findAssignments(text: string, minLength: number, hits: RankedHit[]): void {
  if (!TELLING.test(text)) return;
  NAME.lastIndex = 0;
  for (let found = NAME.exec(text); found !== null; found = NAME.exec(text)) {
    const name = found[0];
    const secret = TELLING.test(name) ? findSecretName(name) : undefined;
    if (secret === undefined) continue;
    const separator = name.startsWith("--") && /[ \t]/.test(text.charAt(NAME.lastIndex)) ? BLANK : SEPARATOR;
    separator.lastIndex = NAME.lastIndex;
    const sign = separator.exec(text);
    if (sign === null) continue;
    const valueOf = QUOTED[sign[1] ?? sign[2] ?? sign[3] ?? ""] ?? UNQUOTED;
    valueOf.lastIndex = separator.lastIndex;
    const value = valueOf.exec(text)?.[0].replace(/[.:]+$/, "") ?? "";
    const start = separator.lastIndex;
    // A call of a function is code, not a value.
    if (text.charAt(start + value.length) === "(") continue;
    if (!isValueOf(secret.kind, value, minLength, secret.isPassword)) continue;
    const rank = secret.kind === "generic_secret" ? RANK.name : RANK.place;
    hits.push({ kind: secret.kind, start, end: start + value.length, rank });
  }
}

/** Whether `value` is a secret under a name of this kind. */
export function isValueOf(kind: string, value: string, minLength: number, isPassword: boolean): boolean {
  if (kind === "aws_secret_access_key" && /^[A-Za-z0-9+/]{40}$/.test(value)) return true;
  return isSecretValue(value, minLength, isPassword);
}
