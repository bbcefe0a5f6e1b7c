import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DaemonProcess } from "../daemon/daemon-process.ts";

// What the user's pages tell a reader to run is run here, as it stands there.

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));
const python = join(root, ".cache", "python", "bin", "python");
const pages = ["README.md", "docs/clients.md", "clients/python/README.md"];

/** The demo under load on two cores: only a hang takes longer. */
const DEADLINE_MS = 50_000;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-docs-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function readPage(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The code blocks of a page in one language. */
function blocksOf(page: string, language: string): readonly string[] {
  return [...readPage(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(
    (match) => match[1] ?? "",
  );
}

/** Only what a system needs: settings of the shell are for another daemon. */
function environmentOf(daemonAddress: string): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: process.env["HOME"], TOLLGATE_ADDRESS: daemonAddress };
}

async function withDaemon<T>(work: (address: string) => Promise<T>): Promise<T> {
  const daemon = DaemonProcess.spawn();
  try {
    return await work(await daemon.address("agent"));
  } finally {
    await daemon.kill();
  }
}

describe("the user's pages", () => {
  test.each(["README.md", "docs/clients.md"])("the TypeScript in %s runs", async (page) => {
    const [program = ""] = blocksOf(page, "ts");
    const path = join(folder, "program.ts");
    writeFileSync(path, program.replaceAll('"./src/', `"${root}src/`));
    const { stderr } = await withDaemon((address) =>
      run(process.execPath, [path], { env: environmentOf(address), timeout: DEADLINE_MS }),
    );
    expect(stderr).toBe("");
  });

  test("the call by hand in docs/clients.md is answered", async () => {
    const [command = ""] = blocksOf("docs/clients.md", "sh");
    const { stdout } = await withDaemon((address) =>
      run("sh", ["-c", command.replace("/run/tollgate/agent.sock", address.slice("unix:".length))], {
        cwd: root,
      }),
    );
    expect(JSON.parse(stdout)).toMatchObject({ durability: "DURABILITY_MODE_POWER" });
  });

  test.runIf(existsSync(python))("the Python in clients/python/README.md runs", async () => {
    const page = "clients/python/README.md";
    const [install = ""] = blocksOf(page, "sh");
    const [program = ""] = blocksOf(page, "python");
    const generate = /python (\S+) (\S+)/.exec(install.split("\n")[1] ?? "");
    await run(python, [join(root, generate?.[1] ?? ""), folder]);
    const { stdout } = await withDaemon((address) =>
      run(python, ["-c", program.replace("unix:/run/tollgate/agent.sock", address)], {
        env: { ...environmentOf(address), PYTHONPATH: folder },
      }),
    );
    expect(stdout.trim()).toBe("True");
  });

  test("npm run demo -- --once of README.md counts and exits", async () => {
    expect(readPage("README.md")).toContain("npm run demo -- --once");
    const json = join(folder, "totals.json");
    const words = ["run", "demo", "--", "--once", "--data-dir", folder, "--json", json];
    const environment = { ...environmentOf(""), TOLLGATE_DATA_DIR: "/nonexistent" };
    const { stdout } = await run("npm", words, { cwd: root, env: environment, timeout: DEADLINE_MS });
    expect(stdout).toContain("What the daemon counted");
    expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({ requests: expect.any(Number) });
  });

  test("every command of npm that a page names is a script, and every link leads somewhere", () => {
    const { scripts } = JSON.parse(readPage("package.json")) as { scripts: { [name: string]: string } };
    for (const page of pages) {
      for (const [, name = ""] of readPage(page).matchAll(
        /npm (?:run )?(demo|test:full|test|start|bench|check|simulate|[a-z]+:[a-z]+)\b/g,
      )) {
        expect(Object.keys(scripts), `${page} names ${name}`).toContain(name);
      }
      for (const [, link = ""] of readPage(page).matchAll(/\]\(([^)#:]+)\)/g)) {
        const path = resolve(root, dirname(page), link);
        expect(existsSync(path), `${page} links to ${link}`).toBe(true);
      }
    }
  });
});
