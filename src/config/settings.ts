import { getHeapStatistics } from "node:v8";
import {
  parseBytes,
  parseChoice,
  parseCount,
  parseDuration,
  parseLabels,
  parseLoopbackAddress,
  parseName,
  parseOptional,
  parsePath,
  parseSwitch,
  parseTcpAddress,
  parseUnixAddress,
} from "./setting-values.ts";

// The one table of settings: what --help prints, docs/settings.md lists and the parser accepts all come from here.

const MIB = 1_048_576;
const GIB = 1_024 * MIB;

/** Most live executions that may be configured: measured with a heap of its own. */
export const LIVE_EXECUTIONS_MAX = 1_000_000;
/** Heap that is left for everything but executions, bytes. */
const HEAP_RESERVED_BYTES = 96 * MIB;
/** Heap that one live execution may take, with what it leaves behind until collected, bytes. */
const HEAP_PER_EXECUTION_BYTES = 4_096;
/** Executions with the smallest heap: below it the daemon is of no use. */
const LIVE_EXECUTIONS_MIN = 1_000;

interface SettingDefinition<T> {
  /** As it stands in the environment; without the prefix, in lower case, it is the flag and the key of the file. */
  readonly variable: `TOLLGATE_${string}`;
  /** The default, as text that `parse` accepts. */
  readonly fallback: string;
  readonly meaning: string;
  /** @throws RangeError saying what is allowed */
  readonly parse: (text: string) => T;
}

function define<T>(
  variable: `TOLLGATE_${string}`,
  fallback: string,
  parse: (text: string) => T,
  meaning: string,
): SettingDefinition<T> {
  return { variable, fallback, meaning, parse };
}

export const SETTINGS = {
  address: define(
    "TOLLGATE_ADDRESS",
    "unix:/run/tollgate/agent.sock",
    parseUnixAddress,
    "where the daemon listens for agents, and where clients dial",
  ),
  tcp: define(
    "TOLLGATE_TCP",
    "off",
    parseOptional(parseLoopbackAddress),
    "agent services on TCP as well, loopback only: every container of a pod reaches it",
  ),
  adminAddress: define(
    "TOLLGATE_ADMIN_ADDRESS",
    "unix:/run/tollgate-admin/admin.sock",
    parseOptional(parseUnixAddress),
    "where operators are served; whoever may open the file is one; `off` closes it",
  ),
  probe: define(
    "TOLLGATE_PROBE",
    "0.0.0.0:7703",
    parseOptional(parseTcpAddress),
    "HTTP for `/healthz`, `/readyz` and `/metrics`, read-only; `off` closes it",
  ),
  reflection: define(
    "TOLLGATE_REFLECTION",
    "0",
    parseSwitch,
    "gRPC reflection on the agent socket; the admin socket always has it",
  ),
  data: define(
    "TOLLGATE_DATA",
    "/var/lib/tollgate",
    parsePath,
    "directory of the file, its lock and its mark; nothing else lives there",
  ),
  policy: define(
    "TOLLGATE_POLICY",
    "/etc/tollgate/policy",
    parsePath,
    "policy directory; absent = the built-in baseline",
  ),
  quotas: define(
    "TOLLGATE_QUOTAS",
    "off",
    parseOptional(parsePath),
    "a `version: 1` quotas file beside the policy directory; a file that is not there holds nothing",
  ),
  defaultRps: define(
    "TOLLGATE_DEFAULT_RPS",
    "20",
    parseCount(1, 1_000_000),
    "requests a second of a principal that neither a quotas file nor `rates` names, for intents with a route or a provider",
  ),
  defaultBurst: define(
    "TOLLGATE_DEFAULT_BURST",
    "40",
    parseCount(1, 1_000_000),
    "requests that such a principal may make at once",
  ),
  capabilityKeys: define(
    "TOLLGATE_CAPABILITY_KEYS",
    "off",
    parseOptional(parsePath),
    "JWKS file with the public keys of capability tokens, read again when it changes; `off`: no token is accepted",
  ),
  tenant: define(
    "TOLLGATE_TENANT",
    "off",
    parseOptional(parseName),
    "tenant that this daemon pins; `off`: callers are believed when they name theirs (*trusting*), announced at start",
  ),
  labels: define(
    "TOLLGATE_LABELS",
    "",
    parseLabels,
    "labels that this daemon pins on every execution, as `name=value,name=value`",
  ),
  durability: define(
    "TOLLGATE_DURABILITY",
    "power",
    parseChoice("power", "process"),
    "what an acknowledged change survives: `power` a kill and a loss of power, `process` a kill only",
  ),
  onStoreFailure: define(
    "TOLLGATE_ON_STORE_FAILURE",
    "continue",
    parseChoice("continue", "block"),
    "while the file cannot be written: `continue` answers from memory until too much is unsaved, `block` refuses new intents",
  ),
  maxUnsavedBytes: define(
    "TOLLGATE_MAX_UNSAVED",
    "64 MiB",
    parseBytes(MIB, GIB),
    "bytes not yet in the file from which `continue` refuses new intents as well",
  ),
  onCorrupt: define(
    "TOLLGATE_ON_CORRUPT",
    "salvage",
    parseChoice("salvage", "refuse", "start_fresh"),
    "a file that does not open or prove: load what proves, do not start, or set it aside and begin anew",
  ),
  onHole: define(
    "TOLLGATE_ON_HOLE",
    "serve_marked",
    parseChoice("serve_marked", "refuse"),
    "acknowledged cuts that are missing from the file: serve what they concern marked as uncertain, or refuse its new intents with DATA_LOSS until an operator clears it",
  ),
  freshWindows: define(
    "TOLLGATE_FRESH_WINDOWS",
    "spent",
    parseChoice("spent", "empty"),
    "how quota windows that have begun count after `start_fresh`: `spent` as used up until they end, `empty` as unused",
  ),
  fileMaxBytes: define(
    "TOLLGATE_FILE_MAX",
    "256 MiB",
    parseBytes(MIB, 64 * GIB),
    "most bytes of the database; its log takes up to 64 MiB more, so stay below the volume's size limit",
  ),
  maxLiveExecutions: define(
    "TOLLGATE_MAX_LIVE_EXECUTIONS",
    "auto",
    parseLiveExecutions,
    "most executions that are not completed; `auto`: one per 4 KiB of the heap limit above 96 MiB (20,000 in a pod of 256 MiB)",
  ),
  tenantMetrics: define(
    "TOLLGATE_TENANT_METRICS",
    "0",
    parseSwitch,
    "a `tenant` label on the metrics of usage: whoever may read `/metrics` then learns the names of tenants",
  ),
  logLevel: define(
    "TOLLGATE_LOG_LEVEL",
    "info",
    parseChoice("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    "least level of log lines: trace, debug, info, warn, error, fatal or silent",
  ),
  drainTimeoutMs: define(
    "TOLLGATE_DRAIN_TIMEOUT",
    "10 s",
    parseDuration(0, 600_000),
    "how long open streams may go on after SIGTERM; keep it below the pod's grace period",
  ),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export const SETTING_KEYS = Object.keys(SETTINGS) as readonly SettingKey[];

/** The settings in force: one frozen value, read once. */
export type Settings = { readonly [K in SettingKey]: ReturnType<(typeof SETTINGS)[K]["parse"]> };

/** The name of a setting as a key of the file: `TOLLGATE_LOG_LEVEL` is `log_level`. */
export function fileKeyOf(key: SettingKey): string {
  return SETTINGS[key].variable.slice("TOLLGATE_".length).toLowerCase();
}

/** The name of a setting as a flag: `log-level`. */
export function flagOf(key: SettingKey): string {
  return fileKeyOf(key).replaceAll("_", "-");
}

function parseLiveExecutions(text: string): number {
  if (text === "auto") return liveExecutionsOf(getHeapStatistics().heap_size_limit);
  return parseCount(1, LIVE_EXECUTIONS_MAX)(text);
}

/** One per 4 KiB of heap above 96 MiB, between 1,000 and a million. */
export function liveExecutionsOf(heapLimitBytes: number): number {
  const count = Math.floor((heapLimitBytes - HEAP_RESERVED_BYTES) / HEAP_PER_EXECUTION_BYTES);
  return Math.min(Math.max(count, LIVE_EXECUTIONS_MIN), LIVE_EXECUTIONS_MAX);
}
