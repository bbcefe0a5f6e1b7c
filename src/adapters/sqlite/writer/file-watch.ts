// Notices that a file was removed or replaced under us: writes to it would succeed and vanish (reliability.md, fact 14).
// Compares inodes by name and opens nothing.

import { statSync } from "node:fs";

interface Identity {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

export class FileWatch {
  readonly #files: readonly Identity[];

  /** Remembers the files as they are now; one that does not exist yet is not watched. */
  constructor(paths: readonly string[]) {
    this.#files = paths.flatMap((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, device: found.dev, inode: found.ino }];
    });
  }

  /** A short text when a file is no longer the one that was opened. About 2 µs a file. */
  findChange(): string | undefined {
    for (const file of this.#files) {
      const found = statSync(file.path, { throwIfNoEntry: false });
      if (found === undefined) return "a file of the store was removed";
      if (found.ino !== file.inode || found.dev !== file.device) return "a file of the store was replaced";
    }
    return undefined;
  }
}
