// Is this a place where a store may live? Looked at before anything in it is touched.

import { accessSync, constants, existsSync, mkdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { failureCode } from "./sqlite-failure.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** File system types (statfs, Linux) whose locks or syncs do not hold between or within hosts; values from statfs(2). */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x6b414653, "kAFS"],
  [0x73757245, "Coda"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x20030528, "OrangeFS"],
]);

const FUSE_TYPE = 0x65735546;

/** FUSE is also what local disks of some machines are behind: only those known to lead to a network are refused. */
const NETWORK_FUSE = [
  "sshfs",
  "s3fs",
  "gcsfuse",
  "goofys",
  "rclone",
  "glusterfs",
  "ceph",
  "davfs",
  "blobfuse",
  "juicefs",
  "nfs",
];

/** The name of the network file system, or undefined for a local one. `fuseName` is the type column of mountinfo. */
export function findNetworkFileSystem(type: number, fuseName: string): string | undefined {
  const known = NETWORK_TYPES.get(type >>> 0);
  if (known !== undefined || type !== FUSE_TYPE) return known;
  return NETWORK_FUSE.find((name) => fuseName.toLowerCase().includes(name));
}

/**
 * Makes a directory with those above it, unless it is there. Node's own `recursive` never ends where a directory exists in
 * which none can be made, as in /proc. @throws the system's error
 */
export function makeDirectory(directory: string, mode: number): void {
  try {
    mkdirSync(directory, { mode });
  } catch (thrown) {
    const code = failureCode(thrown);
    if (code === "EEXIST" && statSync(directory).isDirectory()) return;
    const above = dirname(directory);
    if (code !== "ENOENT" || existsSync(above)) throw thrown;
    makeDirectory(above, mode);
    makeDirectory(directory, mode);
  }
}

/** Makes the directory if it is missing. @throws StoreOpenError BAD_DIRECTORY, READ_ONLY, NETWORK_FILE_SYSTEM */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(directory, 0o700);
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (thrown) {
    const code = failureCode(thrown);
    if (["EROFS", "EACCES", "EPERM"].includes(code)) {
      throw new StoreOpenError(
        "READ_ONLY",
        `the store directory ${directory} is read-only for this user (${code})`,
      );
    }
    if (code === "ENOSPC")
      throw new StoreOpenError("DISK_FULL", `the store directory ${directory} cannot be made: disk full`);
    throw new StoreOpenError("BAD_DIRECTORY", `the store directory ${directory} cannot be used (${code})`);
  }
  if (!statSync(directory).isDirectory()) {
    throw new StoreOpenError("BAD_DIRECTORY", `${directory} is no directory`);
  }
  const { type } = statfsSync(directory);
  const network = findNetworkFileSystem(type, type === FUSE_TYPE ? mountType(directory) : "");
  if (network === undefined) return;
  throw new StoreOpenError(
    "NETWORK_FILE_SYSTEM",
    `${directory} lies on ${network}: a network file system keeps neither locks nor syncs. Use a local volume`,
  );
}

/** The type column of the mount that holds a directory, from /proc/self/mountinfo; empty where there is none. */
function mountType(directory: string): string {
  let best = { length: -1, type: "" };
  for (const line of readMountInfo().split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const point = before.split(" ")[4];
    const type = after.split(" ")[0];
    if (point === undefined || type === undefined || point.length <= best.length) continue;
    if (directory === point || directory.startsWith(point === "/" ? "/" : `${point}/`))
      best = { length: point.length, type };
  }
  return best.type;
}

function readMountInfo(): string {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // Not Linux: there are no such names to look at.
    return "";
  }
}
