// Targets inside longer text: URLs with and without a scheme, addresses, names of the own machine and of metadata
// services. One pass of bounded expressions, so that any text costs its length.
import { classifyAddress } from "../addresses/classify-address.ts";
import { classifyName, isBelow, isPlainSuffixName } from "../addresses/classify-name.ts";
import { foldText } from "../addresses/fold-text.ts";
import { findIpAddress, type IpAddress } from "../addresses/ip-address.ts";
import { parseHost } from "../addresses/parse-host.ts";
import type { FoundTarget } from "./found-target.ts";
import { type ReadTarget, readBareHost, readUrl, withoutNamespace } from "./network-target.ts";
import { isPlaceholder } from "./placeholder.ts";

/** A scheme with its slashes; a web scheme without; two slashes alone at the start of a word. */
const urlStart =
  /([a-z0-9][a-z0-9+.-]{0,31}):[\\/]{2,}|(?<![a-z0-9+.-])(https?|wss?):(?=[^\s\\/"'<>])|(?<![^\s"'<>`()[\]{}|,;=])[\\/]{2}(?=[a-z0-9[])/giu;
/** Where a URL in prose ends, wherever it starts. */
const urlEnd = /[\s"'<>`{}|^(),;]/u;
/** A backslash, `?` and `#` may end it or not: parsers disagree, so all of it is read. */
const authorityEnd = /[\s"'<>`{}|^(),;/]/u;
const trailing = /[*_~.!?:-]{1,64}$/;

const fourParts = /(?<![\w.])(?:0x[0-9a-f]{1,8}|\d{1,11})(?:\.(?:0x[0-9a-f]{1,8}|\d{1,11})){3}(?!\w|\.\d)/gi;
const versionSix = /(?<![\w:.])[0-9a-f]{0,4}:[0-9a-f:]{1,40}(?:(?:\.?\d{1,3}){0,4})(?![\w:])/gi;
const dottedName =
  /(?<![\w@.-])[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,30}\.[a-z0-9_-]{0,62}[a-z][a-z0-9_-]{0,62}\.?(?::(\d{1,5}))?(?![\w@])/gi;
const localhostWord = /(?<![\w.@-])(?:localhost|ip6-localhost|ip6-loopback)\.?(?::\d{1,5}|\/)/gi;

/** `host=10.1` of a connection string. */
const setting =
  /(?<![\w])(?:host|hostname|hostaddr|server|address|addr|data source|network address)[ \t]{0,4}=[ \t]{0,4}["']?([^\s;,&"']{1,253})/gi;
/** Programs whose arguments are hosts: every word behind one may be. */
export const HOST_PROGRAMS = "curl wget ncat nc telnet ssh ping ping6 nmap nslookup dig".split(" ");
const program = new RegExp(`(?<![\\w.-])(?:${HOST_PROGRAMS.join("|")})(?=[ \\t])([^\\n|;&<>]{1,1024})`, "gi");

/** Every target in `text`, in the order of the kinds above. */
export function scanText(text: string): FoundTarget[] {
  // Short enough to hold nothing: the smallest target is `//0`.
  if (text.length < 3) return [];
  const folded = foldText(text);
  const found: FoundTarget[] = [];
  const rest = takeUrls(folded, found);
  for (const [spelled] of rest.matchAll(fourParts)) {
    const host = parseHost(spelled);
    if (host.kind === "address" && isReachedByProse(host.address, spelled)) found.push(uncertain(spelled));
  }
  for (const [spelled] of rest.matchAll(versionSix)) {
    const address = findIpAddress(spelled.replace(/[.:]$/, (end) => (spelled.endsWith("::") ? end : "")));
    if (address !== undefined && isReachedByProse(address, spelled)) found.push(uncertain(address.text));
  }
  for (const [spelled] of rest.matchAll(localhostWord))
    found.push(uncertain(spelled.replace(/[:/.].*$/, "")));
  for (const [spelled, port] of rest.matchAll(dottedName)) {
    const name = spelled.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
    if (parseHost(name).kind === "name" && isNameOfProse(name, port !== undefined))
      found.push(uncertain(name));
  }
  if (rest.includes("=")) for (const [, value = ""] of rest.matchAll(setting)) addNamed(value, found);
  for (const [, words = ""] of rest.matchAll(program))
    for (const word of words.split(/[ \t"']+/)) addNamed(word, found);
  return found;
}

/** What stands where a host does: any spelling of an address, and names of the own machine. */
function addNamed(text: string, found: FoundTarget[]): void {
  const spelled = text.replace(/^[^@/]{0,64}@/, "").replace(/[/?#].*$/s, "");
  if (!/^(?:\d|0x|\[|localhost)/i.test(spelled)) return;
  const { host } = readBareHost(spelled);
  if (host?.kind === "name" ? host.name === "localhost" : isOddAddress(host, spelled))
    found.push(uncertain(spelled));
}

/** Numbers that no one would take for one: in several parts, hexadecimal, or as large as an address. */
function isOddAddress(host: ReadTarget["host"], spelled: string): boolean {
  if (host?.kind !== "address") return false;
  const bare = spelled.replace(/:\d{1,5}$/, "");
  return /^0x|[.:].*\d/i.test(bare) ? bare !== "0.0" : Number(bare) >= 2 ** 24;
}

/** Adds the URLs to `found`; the text without them, so that what stands in their paths is not read again. */
function takeUrls(text: string, found: FoundTarget[]): string {
  let rest = "";
  let done = 0;
  let count = 0;
  urlStart.lastIndex = 0;
  for (let start = urlStart.exec(text); start !== null; start = urlStart.exec(text)) {
    if (++count > MAX_URLS) {
      found.push({ ...uncertain(""), isCertain: true });
      break;
    }
    const from = start.index + start[0].length;
    const end = from + lengthUntil(text.slice(from, from + URL_MAX_CHARACTERS), urlEnd);
    const authority = text.slice(from, from + lengthUntil(text.slice(from, end), authorityEnd));
    const scheme = start[1] ?? start[2];
    const target = readScanned(scheme, authority.replace(trailing, ""), start[1] === undefined);
    if (target !== undefined) found.push({ target, isCertain: true });
    rest += text.slice(done, start.index);
    // What is no target may still hold an address.
    if (target === undefined) rest += text.slice(start.index, end);
    else rest += " ";
    done = end;
    urlStart.lastIndex = Math.max(end, from);
  }
  return rest + text.slice(done);
}

/** URLs of one string that are read: no honest argument holds more, and reading one costs microseconds. */
const MAX_URLS = 2_000;
/** Longer URLs are read up to here; the rest is read as text. */
const URL_MAX_CHARACTERS = 8_192;

function lengthUntil(text: string, end: RegExp): number {
  const at = text.search(end);
  return at === -1 ? text.length : at;
}

function readScanned(
  scheme: string | undefined,
  authority: string,
  isLoose: boolean,
): ReadTarget | undefined {
  if (authority === "" && scheme !== undefined && !isLoose) {
    const isLocal = !/^(?:https?|wss?|ftp)$/i.test(scheme) && /^[a-z]/i.test(scheme);
    return isLocal
      ? { scheme: scheme.toLowerCase(), host: undefined, otherHosts: [], port: undefined, hasUserinfo: false }
      : undefined;
  }
  if (isPlaceholder(authority)) return undefined;
  const isScheme = scheme !== undefined && /^[a-z]/i.test(scheme);
  const target = withoutNamespace(readUrl(`${isScheme ? scheme : ""}${isScheme ? ":" : ""}//${authority}/`));
  // Without the slashes, or without the scheme, prose is as likely: only what is plainly a host counts.
  if (isLoose && (!isPlainHost(target) || !/[.[]|^localhost/i.test(authority))) return undefined;
  if (target.host?.kind !== "malformed") return target;
  return /\d\.\d|^\d|[@%[]/.test(authority) ? target : undefined;
}

function isPlainHost({ host }: ReadTarget): boolean {
  if (host?.kind === "name") return host.name.includes(".") || host.name === "localhost";
  return host?.kind === "address";
}

/** Numbers of four parts are versions and sections as well: what begins with 0 or is nobody's address is none. */
function isReachedByProse(address: IpAddress, spelled: string): boolean {
  const nature = classifyAddress(address);
  if (nature.isMetadata) return true;
  if (nature.class === "unspecified") return spelled === "0.0.0.0";
  return nature.class !== "public" && nature.class !== "reserved" && nature.class !== "multicast";
}

/** A dotted word that is a host by its name alone; words like `user.home` only with a port. */
function isNameOfProse(name: string, hasPort: boolean): boolean {
  const nature = classifyName(name);
  if (nature === "public") return true;
  return nature !== "internal" || hasPort || !isPlainSuffixName(name) || isBelow(name, "svc.cluster.local");
}

function uncertain(text: string): FoundTarget {
  return {
    target: { scheme: undefined, host: parseHost(text), otherHosts: [], port: undefined, hasUserinfo: false },
    isCertain: false,
  };
}
