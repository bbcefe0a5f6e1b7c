import { chmodSync, lstatSync, type Stats, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { isMainThread } from "node:worker_threads";
import { MAX_SOCKET_PATH_BYTES } from "../transport-limits.ts";

/** A socket that cannot be opened; the text is for operators. */
export class SocketError extends Error {
  override readonly name = "SocketError";
}

/**
 * Makes room for a socket at `path`: one that a dead process left is removed, a living one is left alone.
 * @throws SocketError when the path is too long, is something else than a socket, or is served by somebody
 */
export async function clearStaleSocket(path: string): Promise<void> {
  const bytes = Buffer.byteLength(path);
  if (bytes === 0 || bytes > MAX_SOCKET_PATH_BYTES) {
    throw new SocketError(
      `socket path ${path} has ${bytes} bytes; 1 to ${MAX_SOCKET_PATH_BYTES} are possible`,
    );
  }
  if (path.startsWith("\0")) throw new SocketError("abstract sockets have no permissions and are not opened");
  const found: Stats | undefined = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new SocketError(`${path} exists and is no socket; it is left alone`);
  const answer = await tryConnect(path);
  if (answer === "connected") throw new SocketError(`${path} is served by another process`);
  if (answer !== "ECONNREFUSED" && answer !== "ENOENT")
    throw new SocketError(`${path} cannot be tried: ${answer}`);
  if (answer === "ECONNREFUSED") unlinkSync(path);
}

function tryConnect(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("connected");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown error"));
  });
}

/** Listens at `path`; the file never has wider permissions than `mode`, whatever the umask. */
export async function listenOnSocket(server: Server, path: string, mode: number): Promise<void> {
  await clearStaleSocket(path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // Binding happens within listen(): the umask is in force exactly for it. Threads cannot set one.
    const before = isMainThread ? process.umask(0o177) : undefined;
    try {
      server.listen({ path }, () => {
        server.removeListener("error", reject);
        resolve();
      });
    } finally {
      if (before !== undefined) process.umask(before);
    }
  });
  chmodSync(path, mode);
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/** Listens on loopback; anything else would be open to the network without credentials. @throws SocketError */
export async function listenOnLoopback(server: Server, host: string, port: number): Promise<void> {
  if (!LOOPBACK.test(host))
    throw new SocketError(`${host} is not a loopback address: without TLS nothing else is served`);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
