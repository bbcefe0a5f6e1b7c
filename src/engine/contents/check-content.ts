import { type Decision, type Finding, isAllowed, NO_FINDINGS } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { DEFAULT_TENANT } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask, Content } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { recordViolation } from "../events/push.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { findRedaction, type Redaction, redactText } from "../guards/calls/redact-obligation.ts";
import { concernsRequest } from "../intents/concerns.ts";
import { decideIntent, judgeIntent, policyOfAsk, withApprovals } from "../intents/judge-intent.ts";
import { judgePolicy, type PolicySubject, textQuestion } from "../intents/judge-policy.ts";
import { keepFindings } from "../intents/keep-findings.ts";
import { judgeUnregistered } from "../intents/unregistered.ts";
import { addLabels } from "../policy/label-match.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { judgeTexts, type RuleQuestion } from "../rules/judge-rules.ts";
import { EMPTY_STREAM, type StreamStep, utf8Length } from "../texts/content-stream.ts";
import { goOn, keepIn, letOut } from "../texts/let-out.ts";
import type { World } from "../world.ts";
import {
  CONTENT_MEMORY_MS,
  type ContentAnswer,
  type LastChunk,
  MAX_CONTENTS,
  type OpenContent,
} from "./content-table.ts";
import { type JudgedChunk, judgeChunk } from "./judge-chunk.ts";

// Rules on a text that goes into a model or comes out of one, whole or in chunks. Takes nothing; firings are counted, and an
// approval may be opened.

export interface ContentRequest extends Ask {
  readonly content: Content;
  /** What the chunks of one text share; undefined: the text is whole. */
  readonly contentId: string | undefined;
  readonly chunkIndex: number;
  readonly isLast: boolean;
}

/** @throws TollgateError CONTENT_UNKNOWN · CONTENT_OUT_OF_ORDER · CONTENT_CONFLICT · CONTENTS_FULL */
export function checkContent(
  world: World,
  caller: CallerId,
  request: ContentRequest,
  now: Now,
): ContentAnswer {
  return request.contentId === undefined
    ? checkWhole(world, caller, request, now)
    : checkChunk(world, caller, request, request.contentId, now);
}

function checkWhole(world: World, caller: CallerId, request: ContentRequest, now: Now): ContentAnswer {
  const { text } = request.content;
  const { question, redaction } = askAbout(world, caller, request, now);
  const redacted = redaction === undefined ? undefined : redactText(text, redaction);
  const found = [...judgeTexts(question), ...(redacted?.findings ?? [])];
  const decision = decideContent(world, caller, request, found, now);
  return {
    decision,
    // What is repaired is shown as repaired, or not at all.
    releasedBytes: decision.allowed && redacted === undefined ? utf8Length(text, 0, text.length) : 0,
    repairedText: decision.allowed ? redacted?.repaired : undefined,
    reason: reasonOf(found),
  };
}

function checkChunk(
  world: World,
  caller: CallerId,
  request: ContentRequest,
  contentId: string,
  now: Now,
): ContentAnswer {
  const { content, chunkIndex, isLast } = request;
  world.contents.forgetOld(now.monoMs);
  const open = openContent(world, caller, contentId, request, now);
  const digest = world.digest.digest128(`${content.direction}\n${isLast}\n${content.text}`);
  const before = chunkIndex === open.next - 1 ? open.last : undefined;
  if (before !== undefined && before.digest !== digest)
    throw contentError("CONTENT_CONFLICT", `chunk ${chunkIndex} came with other content before`, "text");
  // What waits for a person is asked again: that is how a text goes on.
  if (before !== undefined && before.answer.decision.verdict !== "PAUSE") return before.answer;
  const judged =
    before === undefined ? judgeNext(world, caller, open, request, now) : judgedBefore(open, before);
  // What one chunk was refused for holds for all that follow: a text is not let out behind what was found in it.
  const known = open.refusals.filter((one) => !judged.findings.some((other) => isSameCheck(one, other)));
  const found = [...judged.findings, ...known];
  const refusals = judged.findings.filter(refuses);
  const soFar = before !== undefined ? open.digest : world.digest.digest128(`${open.digest}\n${digest}`);
  const refusedDigest = refusals.length > 0 ? soFar : open.refusedDigest;
  const { provider, model, route, tool } = request.intent;
  const about = [contentId, refusedDigest, provider, model, route, tool];
  const ask = { ...request, intentText: () => JSON.stringify(about) };
  const decision = decideContent(world, caller, ask, found, now, known);
  const isGranted = decision.allowed && found.some(refuses);
  const step = isGranted ? goOn(judged.step) : judged.step;
  const { stream, replaced } = isLetOut(decision, found, step)
    ? letOut(step)
    : { stream: keepIn(step), replaced: undefined };
  const answer: ContentAnswer = {
    decision,
    releasedBytes: stream.releasedBytes,
    repairedText: replaced,
    reason: reasonOf(found),
  };
  world.contents.put({
    ...open,
    stream,
    next: chunkIndex + 1,
    isEnded: isLast,
    refusals: isGranted ? [] : [...known, ...refusals],
    secretKinds: judged.secretKinds,
    digest: soFar,
    refusedDigest,
    last: { digest, judgedBytes: step.judgedBytes, answer },
    usedMono: now.monoMs,
  });
  return answer;
}

function judgeNext(
  world: World,
  caller: CallerId,
  open: OpenContent,
  request: ContentRequest,
  now: Now,
): JudgedChunk {
  assertInOrder(open, request);
  const { question, redaction } = askAbout(world, caller, request, now);
  return judgeChunk(open.stream, question, request.content, request.isLast, redaction, open.secretKinds);
}

/** The last chunk again: nothing comes to what was found. */
function judgedBefore({ stream, secretKinds }: OpenContent, { judgedBytes }: LastChunk): JudgedChunk {
  const { carry: window, carryStart: windowStart } = stream;
  return { step: { stream, matches: [], window, windowStart, judgedBytes }, findings: [], secretKinds };
}

/**
 * What the rules on texts refuse is let out up to where they found something. Anything else that refuses lets nothing out, and
 * what is told anew is told whole or not at all.
 */
function isLetOut(decision: Decision, found: readonly Finding[], { stream }: StreamStep): boolean {
  if (decision.allowed) return true;
  if (stream.isReplaced || stream.replacements.length > 0) return false;
  return !decision.findings.some((one) => refuses(one) && !found.some((other) => isSameCheck(one, other)));
}

function refuses({ shadow, verdict }: Finding): boolean {
  return shadow !== true && !isAllowed(verdict);
}

function isSameCheck(one: Finding, other: Finding): boolean {
  return (
    one.kind === other.kind &&
    one.sourceId === other.sourceId &&
    one.reason === other.reason &&
    one.verdict === other.verdict
  );
}

function openContent(
  world: World,
  caller: CallerId,
  contentId: string,
  { executionId, chunkIndex }: ContentRequest,
  now: Now,
): OpenContent {
  const key = `${caller}\n${executionId}\n${contentId}`;
  const known = world.contents.find(key);
  if (known !== undefined) return known;
  if (chunkIndex > 0)
    throw contentError(
      "CONTENT_UNKNOWN",
      `no text ${contentId} is open: chunks are remembered for ${CONTENT_MEMORY_MS / 1_000} s, over no restart`,
      "content_id",
    );
  if (world.contents.size >= MAX_CONTENTS)
    throw new TollgateError("CONTENTS_FULL", `${MAX_CONTENTS} texts are open, as many as may be`, {
      retryAfterMs: 1_000,
    });
  const usedMono = now.monoMs;
  return {
    key,
    stream: EMPTY_STREAM,
    next: 0,
    isEnded: false,
    refusals: [],
    secretKinds: [],
    digest: "",
    refusedDigest: "",
    last: undefined,
    usedMono,
  };
}

function assertInOrder(open: OpenContent, { chunkIndex }: ContentRequest): void {
  if (open.isEnded) throw contentError("CONTENT_CONFLICT", "the text has ended", "content_id");
  if (chunkIndex !== open.next)
    throw contentError("CONTENT_OUT_OF_ORDER", `wanted chunk ${open.next}`, "chunk_index");
}

function contentError(
  reason: "CONTENT_UNKNOWN" | "CONTENT_OUT_OF_ORDER" | "CONTENT_CONFLICT",
  message: string,
  field: string,
): TollgateError {
  return new TollgateError(reason, message, { fields: [{ field, description: message }] });
}

interface AboutContent {
  readonly question: RuleQuestion;
  readonly redaction: Redaction | undefined;
}

/** What the rules are asked, and whether secrets go: in the name of the execution, or of the principal where there is none. */
function askAbout(world: World, caller: CallerId, request: ContentRequest, now: Now): AboutContent {
  const subject = subjectOf(world, caller, request);
  const { policy } = subject;
  const question = textQuestion(world, subject, request, request.content, now);
  const obligations = concernsRequest(policy, request, 0n)
    ? judgePolicy(world, subject, request, 0n, now).obligations
    : [];
  const { sensitive_data } = policy.settings.guards;
  const redaction = findRedaction(sensitive_data, obligations, request.acceptsRepair, world.keyedHash);
  return { question, redaction };
}

function subjectOf(world: World, caller: CallerId, request: ContentRequest): PolicySubject {
  const index = world.executions.find(caller, request.executionId);
  const { labels } = request;
  if (index !== NO_INDEX) {
    const record = world.executions.record(index);
    const { principal, session } = record;
    const policy = policyOfAsk(world, record, request);
    return { policy, principal, session, labels: addLabels(record.labels, labels) };
  }
  const principal = { ...request.principal, tenant: request.principal?.tenant ?? DEFAULT_TENANT };
  return {
    policy: resolvePolicy(world.policy.set, principal.tenant, labels),
    principal,
    session: "",
    labels,
  };
}

/** Judges all else of the request together with what was found in the text; `kept` was found before and is kept already. */
function decideContent(
  world: World,
  caller: CallerId,
  request: ContentRequest,
  found: readonly Finding[],
  now: Now,
  kept: readonly Finding[] = NO_FINDINGS,
): Decision {
  const index = world.executions.find(caller, request.executionId);
  if (index === NO_INDEX) return judgeUnregistered(world, request, now, false, found);
  const judged = judgeIntent(world, index, request, "looks", now, found);
  const findings = withApprovals(world, index, request, judged.findings, now);
  const fresh = findings.filter((one) => !kept.some((other) => isSameCheck(one, other)));
  const first = fresh.find(refuses);
  if (first !== undefined) recordViolation(world, index, first, now);
  keepFindings(world, index, fresh, first, now);
  return decideIntent(world, index, request, findings, now, judged.obligations);
}

function reasonOf(findings: readonly Finding[]): string | undefined {
  const told = findings.filter((one) => one.shadow !== true && one.verdict !== "ALLOW");
  return told.length === 0 ? undefined : told.map(({ message }) => message).join("; ");
}
