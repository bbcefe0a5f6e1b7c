import { flagOf, SETTING_KEYS, SETTINGS } from "./settings.ts";

// The table of settings as people read it: for --help and for docs/settings.md.

/** Columns that a line of the help takes at most. */
const WIDTH = 100;

/** One paragraph per setting: its flag, its variable and default, its meaning. */
export function formatSettingsHelp(): string {
  const paragraphs = SETTING_KEYS.map((key) => {
    const { variable, fallback, meaning } = SETTINGS[key];
    const head = `  --${flagOf(key)} VALUE   ${variable}   default: ${fallback === "" ? "none" : fallback}`;
    return [head, ...wrap(meaning.replaceAll("`", ""), WIDTH - 6).map((line) => `      ${line}`)].join("\n");
  });
  return paragraphs.join("\n");
}

/** The rows of the table in docs/settings.md. */
export function formatSettingsTable(): string {
  const rows = SETTING_KEYS.map((key) => {
    const { variable, fallback, meaning } = SETTINGS[key];
    return `| \`${variable}\` | \`--${flagOf(key)}\` | ${fallback === "" ? "none" : `\`${fallback}\``} | ${meaning} |`;
  });
  return ["| variable | flag | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
