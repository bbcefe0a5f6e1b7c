import { readFileSync } from "node:fs";
import { isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar } from "yaml";
import { fileKeyOf, SETTING_KEYS, type SettingKey } from "./settings.ts";

/** A value of the settings file as text, and where it stands: `FILE:LINE:COLUMN`. */
export interface FileSetting {
  readonly text: string;
  readonly position: string;
}

/** Largest settings file, bytes: looked at before it is parsed. */
const FILE_MAX_BYTES = 65_536;

/** A YAML mapping from the lower-case names of settings to their values; `labels` may be a mapping of its own. */
export function readSettingsFile(path: string, problems: string[]): ReadonlyMap<SettingKey, FileSetting> {
  const found = new Map<SettingKey, FileSetting>();
  const text = readText(path, problems);
  if (text === undefined) return found;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (offset: number | undefined): string => {
    const { line, col } = lines.linePos(offset ?? 0);
    return `${path}:${line}:${col}`;
  };
  for (const error of document.errors) problems.push(`${at(error.pos[0])}: ${error.message.split("\n")[0]}`);
  const root = document.contents;
  if (document.errors.length > 0 || root === null) return found;
  if (!isMap(root)) {
    problems.push(`${path}: must be a mapping from names of settings to values`);
    return found;
  }
  const byFileKey = new Map(SETTING_KEYS.map((key) => [fileKeyOf(key), key]));
  for (const { key: nameNode, value } of root.items) {
    const name = isScalar(nameNode) ? String(nameNode.value) : "";
    const key = byFileKey.get(name);
    const position = at((nameNode as Node | null)?.range?.[0]);
    if (key === undefined) problems.push(`${position}: "${name}" is no setting: see --help`);
    else {
      const formatted = formatValue(value);
      if (formatted === undefined) problems.push(`${position}: ${name} must be a single value`);
      else found.set(key, { text: formatted, position });
    }
  }
  return found;
}

function readText(path: string, problems: string[]): string | undefined {
  try {
    const text = readFileSync(path, "utf8");
    if (Buffer.byteLength(text) <= FILE_MAX_BYTES) return text;
    problems.push(`${path}: is larger than ${FILE_MAX_BYTES} bytes`);
  } catch (thrown) {
    problems.push(`${path}: cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`);
  }
  return undefined;
}

function formatValue(value: unknown): string | undefined {
  if (isScalar(value)) return formatScalar(value);
  if (!isMap(value)) return undefined;
  const parts: string[] = [];
  for (const { key, value: inner } of value.items) {
    if (!isScalar(key) || !isScalar(inner)) return undefined;
    parts.push(`${formatScalar(key)}=${formatScalar(inner)}`);
  }
  return parts.join(",");
}

/** As it was written, so that `1.10` stays what it is. */
function formatScalar({ value, source }: Scalar): string {
  return value === null ? "" : (source ?? JSON.stringify(value));
}
