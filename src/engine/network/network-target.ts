// What a text connects to, read as the most willing client would.
import { isUnmistakableName } from "../addresses/classify-name.ts";
import { foldText } from "../addresses/fold-text.ts";
import { type Host, parseHost } from "../addresses/parse-host.ts";

export interface ReadTarget {
  /** Lower case. Undefined: the text is a bare host. */
  readonly scheme: string | undefined;
  /** Undefined: it reaches no host, for example `file:///etc/passwd` or `mailto:`. */
  readonly host: Host | undefined;
  /** Other hosts that other parsers find in it. */
  readonly otherHosts: readonly Host[];
  /** The one in the text, else the scheme's. */
  readonly port: number | undefined;
  /** A web URL with `user@`, which is there to mislead. */
  readonly hasUserinfo: boolean;
}

/** Schemes that the WHATWG parser treats alike, with their ports. */
export const WEB_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
  ["ws", 80],
  ["wss", 443],
  ["ftp", 21],
]);

const malformed: Host = { kind: "malformed" };
const schemeStart = /^([a-z][a-z0-9+.-]*):/i;
const portEnd = /:(\d{0,5})$/;

/** Other schemes whose first part is always a machine. */
const NETWORK_SCHEMES: ReadonlySet<string> = new Set(
  (
    "amqp amqps ftps git imap imaps kafka ldap ldaps mariadb memcached mongodb mqtt mqtts mssql mysql nats nfs postgres " +
    "postgresql redis rediss rmi rsync rtsp sftp smb smtp smtps ssh tcp telnet tftp udp"
  ).split(" "),
);

/** Without what URL parsers drop: tabs and line breaks anywhere, blanks and control characters at the ends. */
export function trimTarget(text: string): string {
  return text
    .replace(/[\t\n\r]/g, "")
    .replace(/^[\0- ]+/, "")
    .trimEnd();
}

/** The scheme that `text`, trimmed, starts with, in lower case. */
export function findScheme(text: string): string | undefined {
  return schemeStart.exec(text)?.[1]?.toLowerCase();
}

/** Reads a URL. `text` is trimmed and starts with a scheme, or with `//`, which leaves it open. */
export function readUrl(text: string): ReadTarget {
  const scheme = findScheme(text);
  const absolute = scheme === undefined ? `https:${text}` : text;
  const url = URL.parse(absolute) ?? URL.parse(foldText(absolute));
  const isWeb = scheme === undefined || WEB_PORTS.has(scheme);
  const authority = authorityOf(absolute);
  const scan = { scheme, port: undefined, hasUserinfo: isWeb && scheme !== "ftp" && authority.includes("@") };
  if (url === null) {
    const spelled = splitAuthority(authority.slice(authority.lastIndexOf("@") + 1));
    const host = isWeb || authority !== "" ? parseHost(spelled.host) : malformed;
    // An address that the first parser refuses is refused as what it is, anything else as malformed.
    return { ...scan, host: host.kind === "address" ? host : malformed, otherHosts: [] };
  }
  const host = url.host === "" ? undefined : parseHost(url.hostname);
  const port = url.port === "" ? WEB_PORTS.get(url.protocol.slice(0, -1)) : Number(url.port);
  const hasUserinfo = scan.hasUserinfo || (isWeb && (url.username !== "" || url.password !== ""));
  return {
    scheme,
    host,
    port: scheme === undefined ? undefined : port,
    hasUserinfo,
    otherHosts: otherHostsIn(absolute),
  };
}

/** `s3://bucket/key` and `note://today` name no machine: a single label of an unknown scheme is one only with a port. */
export function withoutNamespace(target: ReadTarget): ReadTarget {
  const { scheme, host, port } = target;
  if (scheme === undefined || host?.kind !== "name" || port !== undefined) return target;
  if (WEB_PORTS.has(scheme) || NETWORK_SCHEMES.has(scheme) || isUnmistakableName(host.name)) return target;
  return { ...target, host: undefined };
}

/** Reads `host`, `host:port`, `user@host` and all of them with a path behind. */
export function readBareHost(text: string): ReadTarget {
  const authority = /^[^/?#\\]*/.exec(text)?.[0] ?? "";
  const behind = authority.slice(authority.lastIndexOf("@") + 1);
  // `git@host:path`
  const isCopy = behind.length < authority.length && /^[^:[]+:(?!\d+$)/.test(behind);
  const { host, port } = splitAuthority(isCopy ? behind.slice(0, behind.indexOf(":")) : behind);
  return { scheme: undefined, host: parseHost(host), otherHosts: [], port, hasUserinfo: false };
}

/** The part of a bare target before its path, with user and port. */
export function splitAuthority(authority: string): {
  readonly host: string;
  readonly port: number | undefined;
} {
  const folded = foldText(authority);
  const colons = folded.split(":").length - 1;
  // More than one colon and no bracket is version 6 without a port.
  const port = colons === 1 || folded.startsWith("[") ? portEnd.exec(folded) : null;
  if (port === null) return { host: folded, port: undefined };
  return { host: folded.slice(0, port.index), port: port[1] === "" ? undefined : Number(port[1]) };
}

/** By RFC 3986: between the slashes and the first `/`, `?` or `#`; a backslash is no slash there. */
function authorityOf(text: string): string {
  return /^[^:/]*:[/\\]*([^/?#]*)/.exec(text)?.[1] ?? "";
}

/**
 * Hosts that other parsers find. Some take a leading zero for nothing. Old ones look for the last `@` before the first `/` whatever stands between; where that gives another host than
 * the standard, whoever wrote it wants one parser to see the one and another the other.
 */
function otherHostsIn(text: string): readonly Host[] {
  const others: Host[] = [];
  const spelled = parseHost(splitAuthority(authorityOf(text)).host);
  if (spelled.kind === "address" && spelled.otherAddress !== undefined) others.push(spelled);
  const segment = /^[^:/]*:[/\\]*([^/]*)/.exec(text)?.[1] ?? "";
  if (!segment.includes("@")) return others;
  const behind = /^[^?#\\]*/.exec(segment.slice(segment.lastIndexOf("@") + 1))?.[0] ?? "";
  const host = parseHost(splitAuthority(behind).host);
  if (host.kind !== "malformed") others.push(host);
  return others;
}
