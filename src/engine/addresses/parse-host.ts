// Reads the host of a URL or a bare one in any spelling. The WHATWG parser comes first because it is what most clients
// run; what it refuses or leaves as it is gets a second reading.
import { foldText } from "./fold-text.ts";
import { findIpAddress, type IpAddress } from "./ip-address.ts";

export type Host =
  | {
      readonly kind: "address";
      readonly address: IpAddress;
      /** What readers make of it that take a leading zero for nothing: `0127.0.0.1` is 87.0.0.1 and 127.0.0.1. */
      readonly otherAddress?: IpAddress | undefined;
    }
  /** Lower case, in IDNA's ASCII form, without dots at its end. */
  | { readonly kind: "name"; readonly name: string }
  /** No client agrees with another about what this is. */
  | { readonly kind: "malformed" };

const malformed: Host = { kind: "malformed" };

const HOST_MAX_CHARACTERS = 1_024;
/** RFC 1035: longer names cannot be resolved. */
const NAME_MAX_CHARACTERS = 253;
const name = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

export function parseHost(text: string): Host {
  if (text.length > HOST_MAX_CHARACTERS) return malformed;
  const folded = foldText(decodeHost(text)).trim();
  const literal = findIpAddress(folded);
  if (literal !== undefined) return { kind: "address", address: literal };
  if (folded.startsWith("[") || folded.includes(":")) return malformed;
  const hostname = hostnameOf(folded.replace(/\.+$/, ""));
  if (hostname === undefined) return malformed;
  const address = findIpAddress(hostname);
  if (address !== undefined) return { kind: "address", address, otherAddress: decimalReadingOf(folded) };
  return name.test(hostname) && hostname.length <= NAME_MAX_CHARACTERS
    ? { kind: "name", name: hostname }
    : malformed;
}

/** The host as the WHATWG parser gives it: short, octal, hexadecimal and decimal numbers are folded to an address. */
function hostnameOf(text: string): string | undefined {
  if (text === "" || /[\s/?#\\@]/.test(text)) return undefined;
  const url = URL.parse(`http://${text}/`);
  // Letters that fold to dots leave some behind that were not at the end before.
  return url?.hostname.replace(/\.+$/, "");
}

/** Four decimal numbers of which one has a leading zero, read without it. */
function decimalReadingOf(text: string): IpAddress | undefined {
  if (!/^\d+(?:\.\d+){3}$/.test(text) || !/(?:^|\.)0\d/.test(text)) return undefined;
  return findIpAddress(text.replace(/(^|\.)0+(?=\d)/g, "$1"));
}

/** Percent-encoding, twice at most: a proxy in between may take off one layer. */
function decodeHost(text: string): string {
  let decoded = text;
  for (let layer = 0; layer < 2 && decoded.includes("%"); layer += 1) {
    // In brackets the first percent sign starts a zone id, which is not decoded.
    if (decoded.includes(":")) return decoded;
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      // Not UTF-8 behind the percent signs: left as it is, and then no name.
      return decoded;
    }
  }
  return decoded;
}
