// What a whole string is: a URL, a bare host, or text in which targets may stand.
import { isPlainSuffixName, isUnmistakableName } from "../addresses/classify-name.ts";
import { foldText } from "../addresses/fold-text.ts";
import { parseHost } from "../addresses/parse-host.ts";
import type { FoundTarget } from "./found-target.ts";
import { isDangerousScheme } from "./judge-target.ts";
import {
  findScheme,
  readBareHost,
  readUrl,
  trimTarget,
  WEB_PORTS,
  withoutNamespace,
} from "./network-target.ts";
import { isPlaceholder } from "./placeholder.ts";
import { scanText } from "./scan-text.ts";

/**
 * Where a string stands. `target`: in an argument that holds nothing but URLs and hosts, or a network target; `named`: in
 * one whose name is also used for other things (`destination: "Tokyo"`); `any`: anywhere else.
 */
export type Place = "target" | "named" | "any";

/** No URL and no host is longer: RFC 9110 asks for 8,000 characters. */
const TARGET_MAX_CHARACTERS = 16_384;

/** Every target in the string. */
export function readValue(text: string, place: Place): FoundTarget[] {
  const found = text.length > TARGET_MAX_CHARACTERS ? [] : readWhole(decodeWhole(trimTarget(text)), place);
  for (const target of scanText(text)) found.push(target);
  return found;
}

/** A URL that is percent-encoded as a whole, as it stands in a query: some tools take that layer off. */
function decodeWhole(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*%3a/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Not UTF-8 behind the percent signs: no URL either.
    return text;
  }
}

function readWhole(text: string, place: Place): FoundTarget[] {
  const scheme = findScheme(foldText(text));
  if (scheme !== undefined && isUrl(foldText(text), scheme, place))
    return [{ target: withoutNamespace(readUrl(text)), isCertain: true }];
  if (/^(?:[\\/]{2})[^\s\\/]/.test(text)) {
    const target = readUrl(text);
    const isClear =
      target.host?.kind === "address" ||
      (target.host?.kind === "name" && isUnmistakableName(target.host.name));
    return isClear || place === "target" ? [{ target, isCertain: true }] : [];
  }
  return readBare(text, place);
}

function isUrl(text: string, scheme: string, place: Place): boolean {
  const rest = text.slice(scheme.length + 1);
  if (/^[\\/]{2}/.test(rest)) return place === "target" || !isPlaceholder(rest.replace(/^[\\/]+/, ""));
  if (rest === "" || /^\s/.test(rest)) return false;
  // `host:8080` is no scheme.
  if (/^\d{1,5}(?:$|[/?#\\])/.test(rest) && !WEB_PORTS.has(scheme)) return false;
  if (scheme === "http" || scheme === "https") return !/\s/.test(rest) || place === "target";
  return place === "target"
    ? !/\s/.test(rest)
    : isDangerousScheme(scheme) && /^[^\s]+$/.test(rest) && place === "named";
}

function readBare(text: string, place: Place): FoundTarget[] {
  if (text === "" || /\s/.test(text) || /^[./?#\\]/.test(text)) return [];
  const target = readBareHost(text);
  const { host } = target;
  const authority = foldText(/^[^/?#\\]*/.exec(text)?.[0] ?? "");
  if (host === undefined || host.kind === "malformed")
    return place === "target" && looksLikeAddress(authority) ? [{ target, isCertain: true }] : [];
  if (place === "target") return [{ target, isCertain: true }];
  // `user@host` outside of URLs is an e-mail address.
  if (authority.includes("@")) return [];
  if (host.kind === "address")
    return isAddressSpelling(authority, place) ? [{ target, isCertain: place === "named" }] : [];
  const hasPort = target.port !== undefined;
  if (place === "named") return isUnmistakableName(host.name) || hasPort ? [{ target, isCertain: true }] : [];
  const isHost = isUnmistakableName(host.name) && (hasPort || !isPlainSuffixName(host.name));
  return isHost ? [{ target, isCertain: false }] : [];
}

/** Refused though unreadable: digits and signs in the place of an address are there to be read differently. */
function looksLikeAddress(authority: string): boolean {
  return /^[\d[]|^0x|[@%]|\d\.\d|^\p{N}/iu.test(authority) && parseHost(authority).kind === "malformed";
}

/** Which spellings are an address where nothing says that one is meant: numbers are mostly numbers. */
function isAddressSpelling(authority: string, place: Place): boolean {
  const bare = authority.replace(/:\d{1,5}$/, "");
  if (authority.startsWith("[") || authority.split(":").length > 2) return true;
  const parts = bare.replace(/\.+$/, "").split(".");
  if (parts.length === 4) return true;
  if (place === "any") return false;
  const isOdd = parts.some((part) => /^0x|^0\d/i.test(part));
  if (isOdd || (parts.length > 1 && parts[0] === "127")) return true;
  // One number stands for a whole address; below 2^24 it would be one of 0.0.0.0/8, so it is just a number.
  return parts.length === 1 && Number(bare) >= 2 ** 24;
}
