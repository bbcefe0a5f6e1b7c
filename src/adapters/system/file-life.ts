import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** What a file in a directory outlives, as far as the mounts tell: for the start-up log. */
export type FileLife =
  /** Lies in the container's own layer: gone with the container. */
  | "process"
  /** An emptyDir or memory: survives a restart of the container, dies with the pod. */
  | "container"
  /** A volume of its own. */
  | "pod"
  /** An ordinary disk. */
  | "machine";

const KINDS_OF_MEMORY = new Set(["tmpfs", "ramfs"]);

export function findFileLife(directory: string): FileLife {
  let mounts = "";
  try {
    mounts = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // Not Linux: nothing is known of mounts, and there are no containers of this kind.
  }
  return fileLifeFrom(mounts, resolve(directory));
}

/** `mounts` is the text of mountinfo(5). */
export function fileLifeFrom(mounts: string, directory: string): FileLife {
  let best = { length: -1, root: "", type: "" };
  for (const line of mounts.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root, point] = before.split(" ");
    const type = after.split(" ")[0] ?? "";
    if (root === undefined || point === undefined || point.length < best.length) continue;
    if (directory === point || directory.startsWith(point === "/" ? "/" : `${point}/`))
      best = { length: point.length, root, type };
  }
  if (best.root.includes("kubernetes.io~empty-dir") || KINDS_OF_MEMORY.has(best.type)) return "container";
  if (best.type === "overlay") return "process";
  return best.root.includes("kubernetes.io~") ? "pod" : "machine";
}
