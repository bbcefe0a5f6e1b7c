import type { ToolEntry } from "../../../domain/policy/tool-entry.ts";
import type { Tools } from "../documents.ts";
import { positionOf } from "../yaml/position.ts";
import type { YamlSource } from "../yaml/yaml-source.ts";
import { describeIssues, problemAt } from "./describe-issues.ts";
import { TOOLS_SCHEMA } from "./tools-schema.ts";

/** All `Tools` documents as one catalogue; a tool may stand in one place only. Adds every problem to `problems`. */
export function parseTools(sources: readonly YamlSource[], problems: string[]): Tools {
  const seen = new Map<string, string>();
  const entries: ToolEntry[] = [];
  const schemaPlaces = new Map<string, string>();
  for (const source of sources) {
    const parsed = TOOLS_SCHEMA.safeParse(source.value);
    if (!parsed.success) {
      problems.push(...describeIssues(parsed.error, source));
      continue;
    }
    for (const [index, entry] of parsed.data.tools.entries()) {
      const position = positionOf(source, ["tools", index, "name"]);
      const first = seen.get(entry.name);
      if (first !== undefined)
        problems.push(`${position}: the tool ${entry.name} stands already at ${first}`);
      seen.set(entry.name, position);
      entries.push(entry);
      schemaPlaces.set(entry.name, problemAt(source, ["tools", index, "schema"], "").trimEnd());
    }
  }
  return { entries, schemaPlaces };
}
