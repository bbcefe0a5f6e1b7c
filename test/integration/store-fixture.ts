// A directory for a store of a test, and the options to open it with.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type OpenedStore, type OpenStoreOptions, openStore } from "../../src/adapters/sqlite/open-store.ts";
import { RowCollector } from "../../src/adapters/sqlite/row-collector.ts";
import { type OpenedFile, openFile } from "../../src/adapters/sqlite/start/open-file.ts";
import type { OpenSettings } from "../../src/adapters/sqlite/start/open-settings.ts";
import { storeFiles } from "../../src/adapters/sqlite/store-files.ts";
import { StoreOpenError } from "../../src/adapters/sqlite/store-open-error.ts";
import type { Loaded } from "../../src/ports/cut-store.ts";
import { wallMsOf } from "../contract/cut-store-fixture.ts";

export function createDirectory(): string {
  return mkdtempSync(join(tmpdir(), "tollgate-store-"));
}

/** Mounts a small file system on a directory until the present test is over. */
export function useMount(directory: string, options: string): void {
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "pipe" });
  onTestFinished(() => void execFileSync("/bin/umount", [directory]));
}

/** Whether this user may mount: root outside of most containers. */
export function canMount(): boolean {
  const directory = createDirectory();
  try {
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], { stdio: "pipe" });
    execFileSync("/bin/umount", [directory]);
    return true;
  } catch {
    // What only a mount can show is left out; the tests that need it say so.
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A directory that is removed when the present test is over. */
export function useDirectory(): string {
  const directory = createDirectory();
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export function storeOptions(directory: string, changes: Partial<OpenStoreOptions> = {}): OpenStoreOptions {
  return {
    directory,
    durability: "power",
    onCorrupt: "salvage",
    now: { monoMs: 1_000, wallMs: wallMsOf(100_000) },
    bootId: "boot-of-the-test",
    instance: { host: hostname(), pid: process.pid, startedWallMs: wallMsOf(0) },
    ...changes,
  };
}

/** Opens a file without a writer thread; whoever asks closes it. */
export function openWithoutThread(
  directory: string,
  changes: Partial<OpenSettings> = {},
): { readonly file: OpenedFile; readonly loaded: Loaded } {
  const settings: OpenSettings = {
    files: storeFiles(directory),
    durability: "process",
    onCorrupt: "salvage",
    fileMaxBytes: 64 * 1024 * 1024,
    bootId: "boot-of-the-test",
    monoMs: 0,
    wallMs: wallMsOf(0),
    newStoreId: "store-of-the-test",
    newHashKey: new Uint8Array(16).fill(7),
    ...changes,
  };
  const rows = new RowCollector();
  const file = openFile(settings, rows);
  return { file, loaded: { ...file.loaded, rows: rows.chunks } };
}

/** Opens a store that is closed when the present test is over. */
export async function useStore(
  directory: string,
  changes: Partial<OpenStoreOptions> = {},
): Promise<OpenedStore> {
  const opened = await openStore(storeOptions(directory, changes));
  onTestFinished(() => opened.store.close());
  return opened;
}

/** The error that an attempt to open ends in. @throws Error when it opens */
export async function findOpenError(
  directory: string,
  changes: Partial<OpenStoreOptions> = {},
): Promise<StoreOpenError> {
  const opened = await openStore(storeOptions(directory, changes)).catch((thrown: unknown) => thrown);
  if (opened instanceof StoreOpenError) return opened;
  if (opened instanceof Error) throw opened;
  await (opened as OpenedStore).store.close();
  throw new Error("the store opened");
}
