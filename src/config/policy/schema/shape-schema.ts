import type { AnyShape, TextShape } from "../../../domain/policy/shape.ts";

// What a policy key may hold, as JSON Schema (draft 2020-12). Languages within texts are judged where they are compiled.

export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Largest whole number that YAML readers carry without loss. */
const MAX_WHOLE = Number.MAX_SAFE_INTEGER;
const USD_TEXT = "^\\d{1,10}(\\.\\d{1,9})?$";
const DURATION_TEXT = "^\\d{1,11}\\s*(ms|s|min|h|d)$";
const VISIBLE_ASCII = "^[\\x21-\\x7e]+$";

export function shapeSchema(shape: AnyShape): JsonSchema {
  switch (shape.kind) {
    case "count":
      return { type: "integer", minimum: shape.min, maximum: shape.max };
    case "number":
      return { type: "number", ...bounds(shape.min, shape.max) };
    case "amount":
    case "mebibytes":
      return { type: "integer", minimum: 0, maximum: MAX_WHOLE };
    case "usd":
      return {
        anyOf: [
          { type: "number", minimum: 0 },
          { type: "string", pattern: USD_TEXT },
        ],
      };
    case "duration":
      return { type: "string", pattern: DURATION_TEXT };
    case "flag":
      return { type: "boolean" };
    case "word":
      return { enum: shape.words };
    case "text":
      return textSchema(shape);
    case "list":
      return { type: "array", items: shapeSchema(shape.items), maxItems: shape.maxItems };
    case "free_map":
      return { type: "object" };
  }
}

function textSchema({ format, maxLength }: TextShape): JsonSchema {
  const least = format === "plain" ? {} : { minLength: 1 };
  return { type: "string", ...least, maxLength, ...(format === "id" ? { pattern: VISIBLE_ASCII } : {}) };
}

/** Bounds that say something: the largest number there is does not. */
function bounds(min: number, max: number): JsonSchema {
  return {
    ...(min > -Number.MAX_VALUE ? { minimum: min } : {}),
    ...(max < Number.MAX_VALUE ? { maximum: max } : {}),
  };
}
