import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSettings, readSettings } from "../../../src/config/read-settings.ts";
import { flagOf, liveExecutionsOf, SETTING_KEYS, SETTINGS } from "../../../src/config/settings.ts";
import { SettingsError } from "../../../src/config/settings-error.ts";
import { formatSettingsHelp, formatSettingsTable } from "../../../src/config/settings-text.ts";

const MIB = 1_048_576;

async function problemsOf(
  argv: readonly string[],
  environment: { readonly [name: string]: string },
): Promise<readonly string[]> {
  const thrown: unknown = await readSettings(argv, environment).catch((error: unknown) => error);
  return thrown instanceof SettingsError ? thrown.problems : [];
}

function fileWith(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), "tollgate-settings-")), "tollgate.yaml");
  writeFileSync(path, text);
  return path;
}

describe("settings", () => {
  test("every default is accepted by its own parser and gives the documented value", () => {
    expect(createSettings()).toMatchObject({
      address: { kind: "unix", path: "/run/tollgate/agent.sock" },
      tcp: undefined,
      adminAddress: { kind: "unix", path: "/run/tollgate-admin/admin.sock" },
      probe: { host: "0.0.0.0", port: 7703 },
      reflection: false,
      tenant: undefined,
      durability: "power",
      maxUnsavedBytes: 64 * MIB,
      fileMaxBytes: 256 * MIB,
      drainTimeoutMs: 10_000,
    });
  });

  test("the table in docs/settings.md is the table in the code", () => {
    expect(readFileSync("docs/settings.md", "utf8")).toContain(formatSettingsTable());
  });

  test("the help names every setting with flag, variable and default", () => {
    const help = formatSettingsHelp();
    for (const key of SETTING_KEYS) {
      expect(help).toContain(`--${flagOf(key)} VALUE   ${SETTINGS[key].variable}`);
    }
  });

  test("a pod of 256 MiB bounds live executions at about 20,000, any heap between 1,000 and a million", () => {
    expect(liveExecutionsOf(176 * MIB)).toBe(20_480);
    expect(liveExecutionsOf(96 * MIB)).toBe(1_000);
    expect(liveExecutionsOf(64_000 * MIB)).toBe(1_000_000);
  });
});

describe("readSettings", () => {
  test("flags win over the environment, the environment over the file, the file over the defaults", async () => {
    const config = fileWith("tenant: from-file\nlog_level: debug\ndurability: process\n");
    const environment = {
      TOLLGATE_CONFIG: config,
      TOLLGATE_TENANT: "from-environment",
      TOLLGATE_LOG_LEVEL: "warn",
    };
    const { settings, sources } = await readSettings(["--tenant", "from-flag"], environment);
    expect(settings).toMatchObject({
      tenant: "from-flag",
      logLevel: "warn",
      durability: "process",
      onHole: "serve_marked",
    });
    expect(sources).toMatchObject({
      tenant: "flag",
      logLevel: "environment",
      durability: "file",
      onHole: "default",
    });
  });

  test("labels of the file may be a mapping", async () => {
    const { settings } = await readSettings(["--config", fileWith("labels: {team: search, tier: 2}\n")], {});
    expect(settings.labels).toEqual({ team: "search", tier: "2" });
  });

  test("an unknown key is an error that names it, wherever it stands", async () => {
    const path = fileWith("log_level: info\nlog_levle: info\n");
    expect(
      await problemsOf(["--log-levle", "info", "--config", path], { TOLLGATE_LOG_LEVLE: "info" }),
    ).toEqual([
      "--log-levle is no flag: see --help",
      '"info" is not expected here',
      "TOLLGATE_LOG_LEVLE is no setting: see --help",
      `${path}:2:1: "log_levle" is no setting: see --help`,
    ]);
  });

  test("every wrong value is told at once, with what is allowed and where it stands", async () => {
    const path = fileWith("durability: disk\n");
    const problems = await problemsOf(["--tcp=10.0.0.1:80"], {
      TOLLGATE_CONFIG: path,
      TOLLGATE_TENANT: "",
      TOLLGATE_MAX_UNSAVED: "64 MB",
      TOLLGATE_ADDRESS: "unix:relative.sock",
    });
    expect(problems).toEqual([
      'TOLLGATE_ADDRESS: "unix:relative.sock" the path behind unix: must be absolute (an abstract socket has no permissions)',
      '--tcp: "10.0.0.1:80" must be a loopback address (127.0.0.1, [::1] or localhost): this version has no TLS',
      'TOLLGATE_TENANT: "" must have 1 to 128 visible ASCII characters',
      `${path}:1:1: durability: "disk" must be power or process`,
      'TOLLGATE_MAX_UNSAVED: "64 MB" must be a size from 1 MiB to 1 GiB, as 64 MiB (units: KiB, MiB, GiB)',
    ]);
  });

  test("variables that Kubernetes makes of a Service called tollgate are left alone", async () => {
    const environment = {
      TOLLGATE_SERVICE_HOST: "10.0.0.1",
      TOLLGATE_SERVICE_PORT_GRPC: "7700",
      TOLLGATE_PORT: "tcp://10.0.0.1:7700",
      TOLLGATE_PORT_7700_TCP_ADDR: "10.0.0.1",
      TOLLGATE_CONSOLE_SERVICE_HOST: "10.0.0.2",
    };
    expect(await problemsOf([], environment)).toEqual([]);
  });

  test("a settings file that cannot be read or parsed is named", async () => {
    expect(await problemsOf(["--config", "/nowhere/tollgate.yaml"], {})).toEqual([
      "/nowhere/tollgate.yaml: cannot be read (ENOENT)",
    ]);
    const path = fileWith("tenant: a\ntenant: b\n");
    expect((await problemsOf(["--config", path], {}))[0]).toContain(`${path}:2:1: `);
  });
});
