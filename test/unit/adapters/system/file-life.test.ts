import { describe, expect, test } from "vitest";
import { fileLifeFrom } from "../../../../src/adapters/system/file-life.ts";

const ROOT = "22 1 8:1 / / rw - ext4 /dev/sda1 rw";
const OVERLAY = "22 1 0:50 / / rw - overlay overlay rw";
const EMPTY_DIR =
  "30 22 8:1 /var/lib/kubelet/pods/u/volumes/kubernetes.io~empty-dir/data /var/lib/tollgate rw - ext4 /dev/sda1 rw";
const CLAIM =
  "30 22 8:16 /pods/u/volumes/kubernetes.io~csi/pvc/mount /var/lib/tollgate rw - ext4 /dev/sdb rw";
const MEMORY = "30 22 0:60 / /var/lib/tollgate rw - tmpfs tmpfs rw";

describe("fileLifeFrom", () => {
  test.each([
    ["an ordinary disk", [ROOT], "machine"],
    ["the container's own layer", [OVERLAY], "process"],
    ["an emptyDir", [OVERLAY, EMPTY_DIR], "container"],
    ["memory", [OVERLAY, MEMORY], "container"],
    ["a volume claim", [OVERLAY, CLAIM], "pod"],
    ["a mount that hides another", [ROOT, CLAIM, MEMORY], "container"],
    ["nothing known", [], "machine"],
  ] as const)("on %s", (_where, mounts, life) => {
    expect(fileLifeFrom(mounts.join("\n"), "/var/lib/tollgate")).toBe(life);
  });

  test("a mount with a longer name beside the directory is not its mount", () => {
    expect(fileLifeFrom([OVERLAY, CLAIM].join("\n"), "/var/lib/tollgate2")).toBe("process");
  });
});
