import { z } from "zod";
import { SIDE_EFFECTS } from "../../../domain/policy/tool-entry.ts";

// The tool catalogue. Published as deploy/policies/schema/tools.json.

/** Tools of one document: what 256 KiB can hold with short schemas. */
const TOOLS_MAX = 4_096;
/** Longest time of one call: a day. */
const TIMEOUT_MAX_MS = 86_400_000;
/** Arguments that do not tell two calls apart. */
const VOLATILE_MAX = 64;

const NAME_ERROR = { error: "must be text of 1 to 256 characters" };
const FLAG_ERROR = { error: "must be true or false" };
const TIMEOUT_ERROR = { error: `must be a whole number of milliseconds from 1 to ${TIMEOUT_MAX_MS}` };
const SCHEMA_ERROR = { error: "must be a JSON Schema: a mapping, or true or false" };

const name = z.string(NAME_ERROR).min(1, NAME_ERROR).max(256, NAME_ERROR);

const tool = z.strictObject({
  name: name.describe("as calls name it"),
  schema: z
    .union([z.record(z.string(), z.unknown()), z.boolean()], SCHEMA_ERROR)
    .optional()
    .describe("JSON Schema of the arguments; without it arguments are not judged"),
  side_effect: z
    .enum(SIDE_EFFECTS, {
      error: `must be ${SIDE_EFFECTS.slice(0, -1).join(", ")} or ${SIDE_EFFECTS.at(-1)}`,
    })
    .optional()
    .describe("what a call changes; without it the words of the name decide"),
  idempotent: z
    .boolean(FLAG_ERROR)
    .optional()
    .describe("whether calling it twice does no more than calling it once; default false"),
  discovery: z
    .boolean(FLAG_ERROR)
    .optional()
    .describe("whether it only finds out what other tools there are; default false"),
  volatile_fields: z
    .array(name)
    .max(VOLATILE_MAX, { error: `must have at most ${VOLATILE_MAX} entries` })
    .optional()
    .describe("top-level arguments that do not make two calls different"),
  timeout_ms: z
    .number(TIMEOUT_ERROR)
    .int(TIMEOUT_ERROR)
    .min(1, TIMEOUT_ERROR)
    .max(TIMEOUT_MAX_MS, TIMEOUT_ERROR)
    .optional()
    .describe("how long one call may take, in milliseconds"),
});

export const TOOLS_SCHEMA = z
  .strictObject({
    apiVersion: z.literal("tollgate.dev/v1", { error: "must be tollgate.dev/v1" }),
    kind: z.literal("Tools"),
    tools: z
      .array(tool, { error: "must be a list of tools" })
      .min(1, { error: "must have at least one entry" })
      .max(TOOLS_MAX, { error: `must have at most ${TOOLS_MAX} entries` }),
  })
  .describe("What tools there are and what they do. A tool may stand in one document only.");
