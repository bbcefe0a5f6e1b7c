import { performance } from "node:perf_hooks";
import { afterEach, describe, expect, test } from "vitest";
import { createMemoryResolver } from "../../src/adapters/memory/name-resolver.ts";
import { createNameResolver } from "../../src/adapters/system/name-resolver.ts";
import { type DnsAnswer, type DnsServer, openDnsServer } from "./dns-server.ts";
import { testNameResolver } from "./name-resolver-contract.ts";

const monoMs = (): number => performance.now();

testNameResolver("memory", (zone) =>
  Promise.resolve({ resolver: createMemoryResolver(zone), close: () => Promise.resolve() }),
);

testNameResolver("the machine's name servers", async (zone) => {
  const server = await openDnsServer((name) => {
    if (name === "silent.example.com") return null;
    const addresses = zone.get(name);
    return addresses === undefined ? undefined : { addresses, ttlSeconds: 30 };
  });
  const resolver = createNameResolver({ servers: [server.address], monoMs });
  return {
    resolver,
    close: async () => {
      resolver.close();
      await server.close();
    },
  };
});

describe("name servers", () => {
  let server: DnsServer | undefined;
  afterEach(() => server?.close());

  const open = async (answer: (name: string) => DnsAnswer | undefined, at: () => number = monoMs) => {
    server = await openDnsServer(answer);
    return createNameResolver({ servers: [server.address], monoMs: at, timeoutMs: 5_000 });
  };

  test("an answer is kept as long as it lives, and a minute at most", async () => {
    let now = 0;
    const resolver = await open(
      (name) => ({ addresses: ["192.0.2.1"], ttlSeconds: name === "a" ? 10 : 3_600 }),
      () => now,
    );
    for (const [at, names] of [
      [0, ["a", "b"]],
      [9_999, ["a", "b"]],
      [10_000, ["a", "b"]],
      [59_999, ["b"]],
      [60_000, ["b"]],
    ] as const) {
      now = at;
      await resolver.resolve(names);
    }
    expect(server?.asked.toSorted()).toEqual(["a", "a", "b", "b"]);
  });

  test("an answer that lives no second is asked for twice, and both readings count", async () => {
    let turn = 0;
    const resolver = await open(() => {
      turn += 1;
      return { addresses: [turn <= 2 ? "192.0.2.1" : "127.0.0.1"], ttlSeconds: 0 };
    });
    expect((await resolver.resolve(["rebind"])).get("rebind")).toEqual(["192.0.2.1", "127.0.0.1"]);
    expect(server?.asked).toEqual(["rebind", "rebind"]);
  });

  test("a name without an address is asked for again", async () => {
    let addresses: readonly string[] = [];
    const resolver = await open(() => ({ addresses, ttlSeconds: 30 }));
    expect((await resolver.resolve(["late"])).get("late")).toEqual([]);
    addresses = ["192.0.2.1"];
    expect((await resolver.resolve(["late"])).get("late")).toEqual(["192.0.2.1"]);
  });

  test("the names used longest ago are forgotten first", async () => {
    const resolver = await open(() => ({ addresses: ["192.0.2.1"], ttlSeconds: 60 }));
    const names = Array.from({ length: 1_008 }, (_, index) => `n${index}`);
    for (let first = 0; first < names.length; first += 8)
      await resolver.resolve(names.slice(first, first + 8));
    await resolver.resolve(["n1007", "n0"]);
    expect(server?.asked.slice(1_008)).toEqual(["n0"]);
  });
});
