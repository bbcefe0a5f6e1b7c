import { builtInLimits } from "../../src/engine/limits/effective-limits.ts";
import type { Policy } from "../../src/engine/world.ts";
import type { Json } from "./case-file.ts";

/** The policy that the documents of a case make. */
export function casePolicy(documents: readonly Json[], generation: number): Policy {
  if (documents.length > 0) throw new Error("documents are not read yet");
  return { generation, etag: `case-${generation}`, limits: builtInLimits(), prices: undefined };
}
