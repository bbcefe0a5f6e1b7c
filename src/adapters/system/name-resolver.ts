import { Resolver } from "node:dns/promises";
import {
  type NameResolver,
  RESOLVE_MAX_ADDRESSES,
  RESOLVE_MAX_NAMES,
  RESOLVE_TIMEOUT_MS,
} from "../../ports/resolve.ts";

// Asks the name servers of the machine. Hosts files and search domains play no part: a name in a decision is a whole one, and
// its addresses are told to whoever connects.

export interface ResolverOptions {
  /** `address:port`; default: those of the machine. */
  readonly servers?: readonly string[];
  readonly timeoutMs?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly monoMs: () => number;
}

/** Names whose answers are kept: some thousands of bytes each at most. */
const CACHE_MAX_NAMES = 1_000;
/** Milliseconds that an answer is kept at most, whatever its time to live says. */
const CACHE_MAX_MS = 60_000;
/** Calls that wait for answers at once: beyond it there is none. */
const MAX_PENDING = 64;

interface Kept {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

export function createNameResolver(options: ResolverOptions): NameResolver {
  const kept = new Map<string, Kept>();
  const pending = new Set<Resolver>();
  let isClosed = false;

  const find = (name: string): readonly string[] | undefined => {
    const known = kept.get(name);
    if (known === undefined) return undefined;
    if (known.untilMs > options.monoMs()) return known.addresses;
    kept.delete(name);
    return undefined;
  };

  const keep = (name: string, { addresses, ttlMs }: Answer): void => {
    if (addresses.length === 0 || ttlMs <= 0) return;
    kept.delete(name);
    kept.set(name, { addresses, untilMs: options.monoMs() + Math.min(ttlMs, CACHE_MAX_MS) });
    for (const oldest of kept.keys()) {
      if (kept.size <= CACHE_MAX_NAMES) break;
      kept.delete(oldest);
    }
  };

  return {
    resolve: async (names) => {
      const answers = new Map<string, readonly string[]>(names.map((name) => [name, []]));
      const asked: string[] = [];
      for (const name of [...answers.keys()].slice(0, RESOLVE_MAX_NAMES)) {
        const known = isClosed ? undefined : find(name);
        if (known !== undefined) answers.set(name, known);
        else if (!isClosed && pending.size < MAX_PENDING) asked.push(name);
      }
      if (asked.length === 0) return answers;
      const timeoutMs = options.timeoutMs ?? RESOLVE_TIMEOUT_MS;
      const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
      if (options.servers !== undefined) resolver.setServers(options.servers);
      pending.add(resolver);
      // Answers that are not there when the time is up are cancelled, and come back empty.
      const timer = setTimeout(() => resolver.cancel(), timeoutMs);
      try {
        await Promise.all(
          asked.map(async (name) => {
            const answer = await askTwice(resolver, name);
            answers.set(name, answer.addresses);
            keep(name, answer);
          }),
        );
      } finally {
        clearTimeout(timer);
        pending.delete(resolver);
      }
      return answers;
    },
    close: () => {
      isClosed = true;
      kept.clear();
      for (const resolver of pending) resolver.cancel();
    },
  };
}

interface Answer {
  readonly addresses: readonly string[];
  /** The shortest of all; 0 when there is no address. */
  readonly ttlMs: number;
}

/** An answer that lives shorter than a second is one that may change at once: both readings count. */
async function askTwice(resolver: Resolver, name: string): Promise<Answer> {
  const first = await ask(resolver, name);
  if (first.addresses.length === 0 || first.ttlMs >= 1_000) return first;
  const second = await ask(resolver, name);
  const addresses = [...new Set([...first.addresses, ...second.addresses])];
  return { addresses: addresses.slice(0, RESOLVE_MAX_ADDRESSES), ttlMs: 0 };
}

async function ask(resolver: Resolver, name: string): Promise<Answer> {
  const [four, six] = await Promise.all([
    resolver.resolve4(name, { ttl: true }).catch(noRecords),
    resolver.resolve6(name, { ttl: true }).catch(noRecords),
  ]);
  const records = [...four, ...six].slice(0, RESOLVE_MAX_ADDRESSES);
  if (records.length === 0) return { addresses: [], ttlMs: 0 };
  return {
    addresses: records.map(({ address }) => address),
    ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000,
  };
}

/** No such name, no such record, no server, no time: all of it is no address. */
function noRecords(): [] {
  return [];
}
