import type { DescEnum } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { type FieldProblem, TollgateError } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { MAX_FIELD_PROBLEMS } from "../transport-limits.ts";

// The parts of the table of request checks. A rule looks at one value and answers nothing when it is right: no allocation,
// some 5 ns a field. Paths are put together only for what is wrong.

/** Undefined when the value is right. Paths are relative to the value: "" is the value itself. */
export type Rule<T> = (value: T) => readonly FieldProblem[] | undefined;
/** Rules by the field's local name. */
export type Rules<T> = { readonly [K in keyof T]?: Rule<T[K]> };

const wrong = (description: string): readonly FieldProblem[] => [{ field: "", description }];

const ID = wrong("1 to 128 visible ASCII characters");

/** An id that must be there. */
export const requiredId: Rule<string> = (id) => (isId(id) ? undefined : ID);
/** An id; empty is allowed and means that there is none. */
export const idOrEmpty: Rule<string> = (id) => (id === "" || isId(id) ? undefined : ID);
/** An id that may be absent, and when sent must be one. */
export const optionalId: Rule<string | undefined> = (id) => (id === undefined || isId(id) ? undefined : ID);

/** A text of at most so many characters; `least` 1 refuses an empty one that was sent. */
export function text(most: number, least = 0): Rule<string | undefined> {
  const problem = wrong(least === 0 ? `at most ${most} characters` : `${least} to ${most} characters`);
  return (value) =>
    value === undefined || (value.length <= most && value.length >= least) ? undefined : problem;
}

/** A text of at most so many bytes of UTF-8. */
export function textBytes(most: number): Rule<string | undefined> {
  const problem = wrong(`at most ${most} bytes`);
  return (value) => {
    if (value === undefined || value.length * 3 <= most) return undefined;
    return Buffer.byteLength(value) <= most ? undefined : problem;
  };
}

/** A whole number from `least` to `most`; absent is right. */
export function amount(most: bigint, least = 0n): Rule<bigint | undefined> {
  const problem = wrong(`${least} to ${most}`);
  return (value) => (value === undefined || (value >= least && value <= most) ? undefined : problem);
}

/** A length of time from `leastMs` to `mostMs`; absent is right. */
export function duration(leastMs: number, mostMs: number): Rule<Duration | undefined> {
  const problem = wrong(`a duration of ${leastMs} ms to ${mostMs} ms`);
  return (value) => {
    if (value === undefined) return undefined;
    const { seconds, nanos } = value;
    // Far above any bound: the product below stays exact.
    if (seconds < 0n || seconds > 1_000_000_000_000n || nanos < 0 || nanos > 999_999_999) return problem;
    const ms = Number(seconds) * 1000 + nanos / 1_000_000;
    return ms >= leastMs && ms <= mostMs ? undefined : problem;
  };
}

/** A value of the enum other than its zero; absent is right. */
export function enumValue(descriptor: DescEnum): Rule<number | undefined> {
  const known = new Set(descriptor.values.map((value) => value.number).filter((number) => number !== 0));
  const names = descriptor.values.filter((value) => value.number !== 0).map((value) => value.name);
  const problem = wrong(`one of ${names.join(", ")}`);
  return (value) => (value === undefined || known.has(value) ? undefined : problem);
}

export function required<T>(rule?: Rule<T>): Rule<T | undefined> {
  const problem = wrong("is required");
  return (value) => (value === undefined ? problem : rule?.(value));
}

/** The fields of a message; an absent one is right. Names in paths are those of the proto. */
export function message<T extends object>(rules: Rules<T>): Rule<T | undefined> {
  const compiled = Object.entries(rules).map(([name, rule]) => ({
    name: name as keyof T,
    path: protoName(name),
    rule: rule as Rule<unknown>,
  }));
  return (value) => {
    if (value === undefined) return undefined;
    let problems: FieldProblem[] | undefined;
    for (let at = 0; at < compiled.length; at++) {
      const { name, path, rule } = compiled[at] as (typeof compiled)[number];
      const found = rule(value[name]);
      if (found !== undefined) problems = [...(problems ?? []), ...below(path, found)];
    }
    return problems;
  };
}

/** A list of at most `most` (and at least `least`) entries. */
export function list<T>(most: number, rule: Rule<T>, least = 0): Rule<readonly T[]> {
  const problem = wrong(least === 0 ? `at most ${most} entries` : `${least} to ${most} entries`);
  return (values) => {
    if (values.length > most || values.length < least) return problem;
    for (let at = 0; at < values.length; at++) {
      const found = rule(values[at] as T);
      if (found !== undefined) return below(`[${at}]`, found);
    }
    return undefined;
  };
}

/** A map of at most `most` entries with ids as names. */
export function map<T>(most: number, rule: Rule<T>): Rule<{ readonly [name: string]: T }> {
  const problem = wrong(`at most ${most} entries`);
  return (values) => {
    let count = 0;
    for (const name in values) {
      if (++count > most) return problem;
      const found = isId(name) ? rule(values[name] as T) : ID;
      if (found !== undefined) return below(`[${name.slice(0, 128)}]`, found);
    }
    return undefined;
  };
}

/** All of these must hold. */
export function every<T>(...rules: readonly Rule<T>[]): Rule<T> {
  return (value) => {
    for (const rule of rules) {
      const found = rule(value);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** A rule that is any predicate; `field` is the path of what is wrong below the value. */
export function satisfies<T>(description: string, holds: (value: T) => boolean, field = ""): Rule<T> {
  const problem: readonly FieldProblem[] = [{ field, description }];
  return (value) => (holds(value) ? undefined : problem);
}

function below(path: string, problems: readonly FieldProblem[]): FieldProblem[] {
  return problems.map(({ field, description }) => ({
    field: field === "" ? path : field.startsWith("[") ? `${path}${field}` : `${path}.${field}`,
    description,
  }));
}

function protoName(localName: string): string {
  return localName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** @throws TollgateError FIELD_INVALID or FIELD_REQUIRED naming every field that is wrong */
export function assertValid<T>(value: T, rule: Rule<T>): void {
  const problems = rule(value);
  if (problems !== undefined) throw fieldError(problems);
}

export function fieldError(problems: readonly FieldProblem[]): TollgateError {
  const fields = problems.slice(0, MAX_FIELD_PROBLEMS);
  const missing = fields.every((one) => one.description === "is required");
  const summary = fields
    .map(({ field, description }) => (missing ? `${field} is required` : `${field}: ${description}`))
    .join("; ");
  return new TollgateError(missing ? "FIELD_REQUIRED" : "FIELD_INVALID", summary, { fields });
}
