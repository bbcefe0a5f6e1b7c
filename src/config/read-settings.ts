import { type ParseArgsConfig, parseArgs } from "node:util";
import { fileKeyOf, flagOf, SETTING_KEYS, SETTINGS, type SettingKey, type Settings } from "./settings.ts";
import { SettingsError } from "./settings-error.ts";
import type { FileSetting } from "./settings-file.ts";

// Where settings come from: flags win over the environment, the environment over the file, the file over the defaults.

export type SettingSource = "flag" | "environment" | "file" | "default";

export interface SettingsInForce {
  readonly settings: Settings;
  readonly sources: { readonly [K in SettingKey]: SettingSource };
}

type Environment = { readonly [name: string]: string | undefined };

const CONFIG_VARIABLE = "TOLLGATE_CONFIG";
/** Kubernetes writes these for a Service that is called `tollgate`; the test suite reads its own. */
const FOREIGN_VARIABLE =
  /^TOLLGATE_(TEST_\w+|(\w+_)?(SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?))$/;

/** @throws SettingsError naming every problem at once */
export async function readSettings(
  argv: readonly string[],
  environment: Environment,
): Promise<SettingsInForce> {
  const problems: string[] = [];
  const flags = readFlags(argv, problems);
  const variables = readVariables(environment, problems);
  const path = flags.get("config") ?? environment[CONFIG_VARIABLE] ?? "";
  const file = path === "" ? NO_FILE : await readFile(path, problems);
  const sources: Partial<Record<SettingKey, SettingSource>> = {};
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of SETTING_KEYS) {
    const named = find(key, flags, variables, file);
    sources[key] = named.source;
    try {
      values[key] = SETTINGS[key].parse(named.text.trim());
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      problems.push(`${named.name}: "${named.text}" ${thrown.message}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { settings: Object.freeze(values) as Settings, sources: sources as SettingsInForce["sources"] };
}

/** Every setting at its default; `changes` replaces some. What tests and embedders start from. */
export function createSettings(changes: Partial<Settings> = {}): Settings {
  const defaults = Object.fromEntries(
    SETTING_KEYS.map((key) => [key, SETTINGS[key].parse(SETTINGS[key].fallback)]),
  );
  return Object.freeze({ ...defaults, ...changes }) as Settings;
}

interface Named {
  readonly source: SettingSource;
  /** How whoever wrote it calls it, for messages. */
  readonly name: string;
  readonly text: string;
}

const NO_FILE: ReadonlyMap<SettingKey, FileSetting> = new Map();

function find(
  key: SettingKey,
  flags: ReadonlyMap<string, string>,
  variables: ReadonlyMap<SettingKey, string>,
  file: ReadonlyMap<SettingKey, FileSetting>,
): Named {
  const flag = flags.get(flagOf(key));
  if (flag !== undefined) return { source: "flag", name: `--${flagOf(key)}`, text: flag };
  const variable = variables.get(key);
  if (variable !== undefined) return { source: "environment", name: SETTINGS[key].variable, text: variable };
  const entry = file.get(key);
  if (entry !== undefined)
    return { source: "file", name: `${entry.position}: ${fileKeyOf(key)}`, text: entry.text };
  return { source: "default", name: SETTINGS[key].variable, text: SETTINGS[key].fallback };
}

function readFlags(argv: readonly string[], problems: string[]): ReadonlyMap<string, string> {
  const options: NonNullable<ParseArgsConfig["options"]> = { config: { type: "string" } };
  for (const key of SETTING_KEYS) options[flagOf(key)] = { type: "string" };
  const found = new Map<string, string>();
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`"${token.value}" is not expected here`);
    if (token.kind !== "option") continue;
    if (options[token.name] === undefined) problems.push(`${token.rawName} is no flag: see --help`);
    else if (token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else if (found.has(token.name)) problems.push(`${token.rawName} is given twice`);
    else found.set(token.name, token.value);
  }
  return found;
}

function readVariables(environment: Environment, problems: string[]): ReadonlyMap<SettingKey, string> {
  const byVariable = new Map<string, SettingKey>(SETTING_KEYS.map((key) => [SETTINGS[key].variable, key]));
  const found = new Map<SettingKey, string>();
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith("TOLLGATE_") || text === undefined || name === CONFIG_VARIABLE) continue;
    const key = byVariable.get(name);
    if (key !== undefined) found.set(key, text);
    else if (!FOREIGN_VARIABLE.test(name)) problems.push(`${name} is no setting: see --help`);
  }
  return found;
}

async function readFile(path: string, problems: string[]): Promise<ReadonlyMap<SettingKey, FileSetting>> {
  // Loaded only where there is a file: the YAML parser costs as much as the rest of the start of a small program.
  const { readSettingsFile } = await import("./settings-file.ts");
  return readSettingsFile(path, problems);
}

/** Whether anybody asked for OpenTelemetry: its API is not even loaded otherwise. */
export function isOpenTelemetryConfigured(environment: Environment): boolean {
  return (
    Object.keys(environment).some((name) => name.startsWith("OTEL_")) &&
    environment["OTEL_SDK_DISABLED"] !== "true"
  );
}
