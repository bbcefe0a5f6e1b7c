import { type Finding, isAllowed } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { DEFAULT_TENANT } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask, Content } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { recordViolation } from "../events/push.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { redactText } from "../guards/calls/redact-obligation.ts";
import { decideIntent, judgeIntent, policyOfAsk, withApprovals } from "../intents/judge-intent.ts";
import { textQuestion } from "../intents/judge-policy.ts";
import { keepFindings } from "../intents/keep-findings.ts";
import { judgeUnregistered } from "../intents/unregistered.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { judgeTexts, type RuleQuestion } from "../rules/judge-rules.ts";
import { EMPTY_STREAM, utf8Length } from "../texts/content-stream.ts";
import type { World } from "../world.ts";
import { CONTENT_MEMORY_MS, type ContentAnswer, MAX_CONTENTS, type OpenContent } from "./content-table.ts";
import { judgeChunk } from "./judge-chunk.ts";

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
  const { contentId, content } = request;
  if (contentId === undefined) {
    const question = questionOf(world, caller, request, now);
    return answerText(world, caller, request, judgeTexts(question), content.text, undefined, now);
  }
  world.contents.forgetOld(now.monoMs);
  const open = openContent(world, caller, contentId, request, now);
  const digest = world.digest.digest128(`${content.direction}\n${request.isLast}\n${content.text}`);
  if (request.chunkIndex === open.next - 1 && open.last !== undefined) {
    if (open.last.digest === digest) return open.last.answer;
    throw contentError(
      "CONTENT_CONFLICT",
      `chunk ${request.chunkIndex} came with other content before`,
      "text",
    );
  }
  assertInOrder(open, request);
  const question = questionOf(world, caller, request, now);
  const { stream, findings } = judgeChunk(open.stream, question, content, request.isLast);
  // What one chunk was refused for holds for all that follow: a text is not let out behind what was found in it.
  const known = open.refusals.filter((one) => !findings.some((other) => other.sourceId === one.sourceId));
  const answer = answerText(
    world,
    caller,
    request,
    [...findings, ...known],
    content.text,
    stream.releasedBytes,
    now,
  );
  const refusals = findings.filter((one) => one.shadow !== true && !isAllowed(one.verdict));
  world.contents.put({
    ...open,
    stream,
    next: open.next + 1,
    isEnded: request.isLast,
    refusals: [...known, ...refusals],
    last: { digest, answer },
    usedMono: now.monoMs,
  });
  return answer;
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
  return { key, stream: EMPTY_STREAM, next: 0, isEnded: false, refusals: [], last: undefined, usedMono };
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

/** What the rules are asked: in the name of the execution, or of the principal where there is none. */
function questionOf(world: World, caller: CallerId, request: ContentRequest, now: Now): RuleQuestion {
  const index = world.executions.find(caller, request.executionId);
  const { content, labels } = request;
  if (index !== NO_INDEX) {
    const record = world.executions.record(index);
    const policy = policyOfAsk(world, record, request);
    const { principal, session } = record;
    const subject = { policy, principal, session, labels: { ...record.labels, ...labels } };
    return textQuestion(world, subject, request, content, now);
  }
  const principal = { ...request.principal, tenant: request.principal?.tenant ?? DEFAULT_TENANT };
  const policy = resolvePolicy(world.policy.set, principal.tenant, labels);
  return textQuestion(world, { policy, principal, session: "", labels }, request, content, now);
}

/** Judges all else of the request together with what was found in the text. */
function answerText(
  world: World,
  caller: CallerId,
  request: ContentRequest,
  found: readonly Finding[],
  text: string,
  released: number | undefined,
  now: Now,
): ContentAnswer {
  const index = world.executions.find(caller, request.executionId);
  if (index === NO_INDEX) {
    const decision = judgeUnregistered(world, request, now, false, found);
    return {
      decision,
      releasedBytes: releasedOf(decision.allowed, text, released),
      repairedText: undefined,
      reason: reasonOf(found),
    };
  }
  const record = world.executions.record(index);
  const judged = judgeIntent(world, index, request, "looks", now, found);
  // Chunks cannot be repaired: what was let out of them stays out.
  const redacted =
    request.contentId === undefined
      ? redactText(
          text,
          record.policy.settings.guards.sensitive_data,
          judged.obligations,
          request.acceptsRepair,
          world.keyedHash,
        )
      : undefined;
  const all = redacted === undefined ? judged.findings : [...judged.findings, ...redacted.findings];
  const findings = withApprovals(world, index, request, all, now);
  const first = findings.find((one) => one.shadow !== true && !isAllowed(one.verdict));
  if (first !== undefined) recordViolation(world, index, first, now);
  keepFindings(world, index, findings, first, now);
  const decision = decideIntent(world, index, request, findings, now, judged.obligations);
  return {
    decision,
    // What is repaired is shown as repaired, or not at all.
    releasedBytes: releasedOf(decision.allowed && redacted === undefined, text, released),
    repairedText: decision.allowed ? redacted?.repaired : undefined,
    reason: reasonOf([...found, ...(redacted?.findings ?? [])]),
  };
}

function reasonOf(findings: readonly Finding[]): string | undefined {
  const told = findings.filter((one) => one.shadow !== true && one.verdict !== "ALLOW");
  return told.length === 0 ? undefined : told.map(({ message }) => message).join("; ");
}

/** Of a whole text all or nothing; of chunks what the stream lets out. */
function releasedOf(allowed: boolean, text: string, released: number | undefined): number {
  if (released !== undefined) return released;
  return allowed ? utf8Length(text, 0, text.length) : 0;
}
