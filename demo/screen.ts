import { styleText } from "node:util";
import { formatFinding } from "../src/client/answer.ts";
import type { Finding } from "../src/gen/tollgate/enforcement/v1/finding_pb.ts";

// What a person sees. Colours only where the output is a terminal.

type Tone = "plain" | "good" | "warned" | "paused" | "stopped" | "quiet";

const STYLES = {
  plain: undefined,
  good: "green",
  warned: "yellow",
  paused: "magenta",
  stopped: "red",
  quiet: "dim",
} as const satisfies { readonly [T in Tone]: Parameters<typeof styleText>[0] | undefined };

/** Width of the column that says who. */
const WHO_WIDTH = 10;
/** Width of the column that says what happened. */
const WHAT_WIDTH = 10;

export function say(text: string, tone: Tone = "plain"): void {
  process.stdout.write(`${paint(text, tone)}\n`);
}

/** One line: who, what happened, why. */
export function tell(who: string, what: string, why: string, tone: Tone): void {
  process.stdout.write(`  ${who.padEnd(WHO_WIDTH)}${paint(what.padEnd(WHAT_WIDTH), tone)}${why}\n`);
}

/** A second line below the one before, for its way out or what a person did. */
export function tellMore(text: string): void {
  process.stdout.write(`${" ".repeat(2 + WHO_WIDTH + WHAT_WIDTH)}${paint(text, "quiet")}\n`);
}

/** What would change the answer, where the finding says it. */
export function tellWayOut(finding: Finding | undefined): void {
  const wayOut = finding === undefined ? undefined : formatFinding(finding).split("; way out: ")[1];
  if (wayOut !== undefined) tellMore(`way out: ${wayOut}`);
}

function paint(text: string, tone: Tone): string {
  const style = STYLES[tone];
  return style === undefined || !process.stdout.isTTY ? text : styleText(style, text);
}
