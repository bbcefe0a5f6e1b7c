import { once } from "node:events";
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { holdStreams, SessionStreams } from "../../../src/transport/sockets/session-streams.ts";

type Step = readonly ["set" | "delete", number];

/** Ids of one side are odd and grow; few of them make many that share a place. */
const ids = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((at) => at * 2 + 1),
  fc.integer({ min: 0, max: 200 }).map((at) => at * 128 + 1),
);
const steps = fc.array(fc.tuple(fc.constantFrom("set", "delete"), ids), { maxLength: 400 });

test("says what a Map says, whatever comes and goes", () => {
  fc.assert(
    fc.property(steps as fc.Arbitrary<Step[]>, (all) => {
      const map = new Map<number, string>();
      const streams = new SessionStreams<string>();
      for (const [at, [step, id]] of all.entries()) {
        const [said, wanted] =
          step === "delete"
            ? [streams.delete(id), map.delete(id)]
            : [streams.set(id, `${at}`) === streams, map.set(id, `${at}`) === map];
        expect([said, streams.size, streams.get(id), streams.has(id)]).toEqual([
          wanted,
          map.size,
          map.get(id),
          map.has(id),
        ]);
      }
      const seen = new Map<number, string>();
      streams.forEach((stream, id) => seen.set(id, stream));
      expect(seen).toEqual(map);
      for (const [id, stream] of map) expect(streams.get(id)).toBe(stream);
    }),
  );
});

test("everything can be taken out while it is walked", () => {
  const streams = new SessionStreams<number>();
  for (let id = 1; id < 1_000; id += 2) streams.set(id, id);
  let walked = 0;
  streams.forEach((_stream, id) => {
    walked++;
    streams.delete(id);
  });
  expect([walked, streams.size]).toEqual([500, 0]);
});

interface Held {
  readonly streams: unknown;
}

function heldBy(session: object): Held {
  const key = Object.getOwnPropertySymbols(session).find(({ description }) => description === "state");
  return (session as { readonly [key: symbol]: Held })[key as symbol] as Held;
}

/** A server that takes the streams of each session out of Node's Map, as the doors do. */
async function openServer() {
  const server = createServer();
  const sessions = new Set<object>();
  server.on("stream", (stream: ServerHttp2Stream, { ":path": path }) => {
    holdStreams(stream);
    sessions.add(stream.session as object);
    stream.on("error", () => undefined);
    if (path === "/never") return;
    stream.respond({ ":status": 200 });
    stream.end(`${path}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { server, client, sessions };
}

async function ask(client: ClientHttp2Session, path: string): Promise<string> {
  let text = "";
  const request = client.request({ ":path": path });
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

test("holds the streams of a session of this Node: they are answered, reset and closed as before", async () => {
  const { server, client, sessions } = await openServer();
  for (let round = 0; round < 5; round++) {
    const paths = Array.from({ length: 90 }, (_, at) => `/${round}/${at}`);
    expect(await Promise.all(paths.map((path) => ask(client, path)))).toEqual(paths);
  }
  const [session] = sessions;
  const { streams } = heldBy(session as object);
  // Should another Node keep them elsewhere, calls cost more; nothing else would tell.
  expect(streams).toBeInstanceOf(SessionStreams);
  const held = streams as SessionStreams<ServerHttp2Stream>;
  const open = Array.from({ length: 3 }, () => client.request({ ":path": "/never" }));
  for (const one of open) one.on("error", () => undefined);
  await expect.poll(() => held.size).toBe(3);
  open[0]?.close();
  await expect.poll(() => held.size).toBe(2);
  const closed = open.slice(1).map((one) => once(one, "close"));
  server.close();
  (session as { destroy(): void }).destroy();
  await Promise.all(closed);
  expect(held.size).toBe(0);
  client.destroy();
});
