// JSON Schema 2020-12 and draft-07 as tools really write them. Everything that could take more than linear time is
// replaced: patterns are RE2, formats read short texts only, `uniqueItems` compares texts.
import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { RE2JS, RE2JSException } from "re2js";
import { canonicalJson } from "../../../json/canonical-json.ts";
import type { JsonValue } from "../../../json/json-document.ts";
import { BUDGET_KEYWORD, spendBudget } from "./bound-schema.ts";

/** Texts longer than this have no format: the expressions behind formats are not linear. */
const FORMAT_MAX_LENGTH = 2_048;

export type Dialect = "2020-12" | "draft-07";

/** Keywords beyond the standard are ignored, unknown formats too: a tool's schema says more than is checked here. */
const OPTIONS: Options = {
  strict: false,
  allErrors: true,
  allowUnionTypes: true,
  // A reference inlined wherever it stands would multiply small schemas into huge ones.
  inlineRefs: false,
  logger: false,
  multipleOfPrecision: 10,
  ownProperties: false,
  validateFormats: true,
  code: { regExp: Object.assign(compileRegExp, { code: "compileRegExp" }) },
};

const made = new Map<Dialect, Ajv>();

/** The validator compiler of a dialect, made when first needed: that takes some milliseconds. */
export function getDialect(dialect: Dialect): Ajv {
  const known = made.get(dialect);
  if (known !== undefined) return known;
  const ajv = dialect === "draft-07" ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  for (const [name, format] of Object.entries(fullFormats)) {
    if (name !== "regex") ajv.addFormat(name, shorten(format) as never);
  }
  ajv.addFormat("regex", (text: string) => text.length <= FORMAT_MAX_LENGTH && isRegExp(text));
  ajv.addKeyword({ keyword: BUDGET_KEYWORD, schemaType: "boolean", validate: spendBudget });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (isUnique: boolean, items: readonly JsonValue[]) =>
      !isUnique || new Set(items.map((item) => canonicalJson(item))).size === items.length,
  });
  made.set(dialect, ajv);
  return ajv;
}

/** What the keyword `pattern` searches with. Throws for what is no RE2, such as look-arounds. */
function compileRegExp(pattern: string): CompiledPattern {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  return {
    test: (text) => compiled.test(text),
    // The compiler of schemas takes two patterns with one text for the same.
    toString: () => `/${pattern}/u`,
  };
}

interface CompiledPattern {
  test(text: string): boolean;
  toString(): string;
}

function isRegExp(text: string): boolean {
  try {
    compileRegExp(text);
    return true;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return false;
  }
}

function shorten(format: unknown): unknown {
  if (format instanceof RegExp)
    return (text: string): boolean => text.length <= FORMAT_MAX_LENGTH && format.test(text);
  if (typeof format === "function")
    return (text: string): boolean => text.length <= FORMAT_MAX_LENGTH && Boolean(format(text));
  if (typeof format !== "object" || format === null || !("validate" in format)) return format;
  // Formats of numbers have no length.
  if ("type" in format && format.type === "number") return format;
  return { ...format, validate: shorten(format.validate) };
}
