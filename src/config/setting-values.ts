import { isAbsolute } from "node:path";
import { MAX_LABELS } from "../domain/execution.ts";
import { isId } from "../domain/ids.ts";

// From the text of a setting to its value. Every parser throws a RangeError that says what is allowed; who calls adds the
// name of the setting.

/** Longest path of a Unix socket, in bytes: longer ones are cut off without a word (sun_path of Linux). */
const SOCKET_PATH_MAX_BYTES = 107;

export interface UnixAddress {
  readonly kind: "unix";
  readonly path: string;
}
export interface TcpAddress {
  readonly kind: "tcp";
  readonly host: string;
  readonly port: number;
}

export function parseUnixAddress(text: string): UnixAddress {
  if (!text.startsWith("unix:")) throw new RangeError("must be unix:PATH, the path of a Unix socket");
  const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
  if (!isAbsolute(path))
    throw new RangeError("the path behind unix: must be absolute (an abstract socket has no permissions)");
  if (Buffer.byteLength(path) > SOCKET_PATH_MAX_BYTES) {
    throw new RangeError(`the path of a Unix socket has at most ${SOCKET_PATH_MAX_BYTES} bytes`);
  }
  return { kind: "unix", path };
}

/** `HOST:PORT`, an IPv6 host in brackets; port 0 takes any free one. */
export function parseTcpAddress(text: string): TcpAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new RangeError("must be HOST:PORT, an IPv6 host in brackets, the port at most 65535");
  return { kind: "tcp", host: match[1] ?? match[2] ?? "", port };
}

/** As parseTcpAddress, loopback hosts only: what has neither TLS nor credentials must not leave the machine. */
export function parseLoopbackAddress(text: string): TcpAddress {
  const address = parseTcpAddress(text);
  const isLoopback =
    address.host === "localhost" || address.host === "::1" || /^127(\.\d{1,3}){3}$/.test(address.host);
  if (!isLoopback)
    throw new RangeError(
      "must be a loopback address (127.0.0.1, [::1] or localhost): this version has no TLS",
    );
  return address;
}

/** Undefined for `off`. An empty text is not `off`: a variable that was meant to be filled in must not switch anything off. */
export function parseOptional<T>(parse: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text === "off" ? undefined : parse(text));
}

export function parseChoice<const C extends readonly string[]>(...choices: C): (text: string) => C[number] {
  return (text) => {
    if (!choices.includes(text)) throw new RangeError(`must be ${formatChoices(choices)}`);
    return text;
  };
}

function formatChoices(choices: readonly string[]): string {
  return choices.length === 1 ? `${choices[0]}` : `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
}

export function parseSwitch(text: string): boolean {
  if (text === "1" || text === "true" || text === "on") return true;
  if (text === "0" || text === "false" || text === "off") return false;
  throw new RangeError("must be 0 or 1");
}

const BYTES: { readonly [unit: string]: number } = {
  "": 1,
  B: 1,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** Bytes as `N`, `N KiB`, `N MiB` or `N GiB`. */
export function parseBytes(min: number, max: number): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,15})\s*(B|KiB|MiB|GiB|)$/.exec(text);
    const value = match === null ? Number.NaN : Number(match[1]) * (BYTES[match[2] ?? ""] as number);
    if (!(value >= min && value <= max)) {
      throw new RangeError(
        `must be a size from ${formatBytes(min)} to ${formatBytes(max)}, as 64 MiB (units: KiB, MiB, GiB)`,
      );
    }
    return value;
  };
}

export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const size = BYTES[unit] as number;
    if (bytes >= size && bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} B`;
}

const DURATIONS: { readonly [unit: string]: number } = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** Milliseconds, from `N ms`, `N s`, `N min` or `N h`. */
export function parseDuration(minMs: number, maxMs: number): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9})\s*(ms|s|min|h)$/.exec(text);
    const value = match === null ? Number.NaN : Number(match[1]) * (DURATIONS[match[2] ?? ""] as number);
    if (!(value >= minMs && value <= maxMs)) {
      throw new RangeError(`must be a time from ${minMs} ms to ${maxMs} ms, as 10 s (units: ms, s, min, h)`);
    }
    return value;
  };
}

export function parseCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new RangeError(`must be a whole number from ${min} to ${max}`);
    return value;
  };
}

export function parsePath(text: string): string {
  if (text === "" || text.includes("\0")) throw new RangeError("must be the path of a directory");
  return text;
}

export function parseName(text: string): string {
  if (!isId(text)) throw new RangeError("must have 1 to 128 visible ASCII characters");
  return text;
}

export type Labels = { readonly [name: string]: string };

/** `name=value,name=value`; empty text is no labels. */
export function parseLabels(text: string): Labels {
  const labels = new Map<string, string>();
  for (const part of text.split(",")) {
    if (part.trim() === "" && text.trim() === "") break;
    const at = part.indexOf("=");
    const name = part.slice(0, at).trim();
    const value = part.slice(at + 1).trim();
    if (at < 1) throw new RangeError(`must be name=value,name=value: "${part}" is not`);
    if (!isId(name) || !isId(value)) {
      throw new RangeError(`"${part}": names and values have 1 to 128 visible ASCII characters`);
    }
    if (labels.has(name)) throw new RangeError(`names the label "${name}" twice`);
    labels.set(name, value);
  }
  if (labels.size > MAX_LABELS)
    throw new RangeError(`names ${labels.size} labels; at most ${MAX_LABELS} are allowed`);
  return Object.freeze(Object.fromEntries(labels));
}
