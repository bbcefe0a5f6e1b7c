import { afterEach, describe, expect, test } from "vitest";
import type { NameResolver } from "../../src/ports/resolve.ts";

/** What the names of a test answer. A name that is not there does not exist. */
export type Zone = ReadonlyMap<string, readonly string[]>;

export interface OpenedResolver {
  readonly resolver: NameResolver;
  close(): Promise<void>;
}

/** What every resolver must do. `silent.example.com` never gives an answer where the adapter can be kept waiting. */
export function testNameResolver(name: string, open: (zone: Zone) => Promise<OpenedResolver>): void {
  describe(`name resolver: ${name}`, () => {
    let opened: OpenedResolver | undefined;
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    async function ask(zone: Record<string, readonly string[]>, names: readonly string[]) {
      opened = await open(new Map(Object.entries(zone)));
      return Object.fromEntries(await opened.resolver.resolve(names));
    }

    test("tells every address of a name, of both versions", async () => {
      const zone = {
        "a.example.com": ["192.0.2.1", "192.0.2.2", "2001:db8::1"],
        "b.example.com": ["192.0.2.3"],
      };
      const answers = await ask(zone, ["a.example.com", "b.example.com"]);
      expect(answers["a.example.com"]?.toSorted()).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
      expect(answers["b.example.com"]).toEqual(["192.0.2.3"]);
    });

    test("a name that does not exist, has no address or gives no answer has an empty list, and spoils no other", async () => {
      const zone = { "a.example.com": ["192.0.2.1"], "empty.example.com": [] };
      const names = ["none.example.com", "empty.example.com", "silent.example.com", "a.example.com"];
      expect(await ask(zone, names)).toEqual({
        "none.example.com": [],
        "empty.example.com": [],
        "silent.example.com": [],
        "a.example.com": ["192.0.2.1"],
      });
    });

    test("asks for eight names at most", async () => {
      const names = Array.from({ length: 10 }, (_, index) => `n${index}.example.com`);
      const zone = Object.fromEntries(names.map((each) => [each, ["192.0.2.1"]]));
      const answers = await ask(zone, names);
      expect(names.map((each) => answers[each]?.length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
    });

    test("tells 32 addresses at most", async () => {
      const addresses = Array.from({ length: 40 }, (_, index) => `192.0.2.${index}`);
      const answers = await ask({ "many.example.com": addresses }, ["many.example.com"]);
      expect(answers["many.example.com"]).toHaveLength(32);
    });

    test("asks nothing for no names", async () => {
      expect(await ask({}, [])).toEqual({});
    });

    test("answers nothing any more when it is closed", async () => {
      opened = await open(new Map([["a.example.com", ["192.0.2.1"]]]));
      opened.resolver.close();
      expect(Object.fromEntries(await opened.resolver.resolve(["a.example.com"]))).toEqual({
        "a.example.com": [],
      });
    });
  });
}
