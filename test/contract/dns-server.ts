// A name server on a port of its own: answers questions for addresses over UDP from what a test tells it.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import ipaddr from "ipaddr.js";

export interface DnsAnswer {
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

export interface DnsServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  /** Names that were asked for version 4 addresses, in order. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const TYPE_A = 1;
const TYPE_AAAA = 28;
/** Response, recursion desired and available. */
const FLAGS = 0x8180;
const NAME_ERROR = 3;

/** `answer`: undefined for a name that does not exist, null for no answer at all. */
export async function openDnsServer(
  answer: (name: string) => DnsAnswer | undefined | null,
): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    if (type === TYPE_A) asked.push(name);
    const found = answer(name);
    if (found === null) return;
    socket.send(writeAnswer(query.subarray(0, end), type, found), from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: async () => {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function writeAnswer(question: Buffer, type: number, found: DnsAnswer | undefined): Buffer {
  const version = type === TYPE_AAAA ? "ipv6" : "ipv4";
  const addresses = (found?.addresses ?? []).map((text) => ipaddr.parse(text));
  const records = addresses.filter(
    (address) => address.kind() === version && [TYPE_A, TYPE_AAAA].includes(type),
  );
  const head = Buffer.from(question);
  head.writeUInt16BE(found === undefined ? FLAGS + NAME_ERROR : FLAGS, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  const written = records.map((address) => {
    const bytes = Buffer.from(address.toByteArray());
    const record = Buffer.alloc(12);
    // The name is the one in the question, at byte 12.
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(type, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(found?.ttlSeconds ?? 0, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...written]);
}
