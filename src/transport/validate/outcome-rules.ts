import type { OutcomeValue, RecordOutcomeRequest } from "../../gen/tollgate/enforcement/v1/outcome_pb.ts";
import { every, map, message, requiredId, satisfies, text } from "./rules.ts";
import { wait } from "./shared-rules.ts";

// What RecordOutcome may carry.

/** Outcomes of one request. */
const MAX_OUTCOMES = 32;
/** Characters of a note or of an outcome's text. */
const MAX_TEXT = 1_024;

const outcomeValue = message<OutcomeValue>({
  value: every<OutcomeValue["value"]>(
    satisfies("is required", ({ value }) => value !== undefined),
    satisfies(`at most ${MAX_TEXT} characters`, (one) => one.case !== "text" || one.value.length <= MAX_TEXT),
  ),
});

export const RECORD_OUTCOME_RULE = message<RecordOutcomeRequest>({
  subject: every<RecordOutcomeRequest["subject"]>(
    satisfies("is required", (subject) => subject.case !== undefined),
    satisfies(
      "1 to 128 visible ASCII characters",
      ({ value }) => value !== undefined && requiredId(value) === undefined,
    ),
  ),
  outcome: every<RecordOutcomeRequest["outcome"]>(
    satisfies(`1 to ${MAX_OUTCOMES} entries`, (outcome) => Object.keys(outcome).length > 0),
    map(MAX_OUTCOMES, outcomeValue),
  ),
  note: text(MAX_TEXT),
  wait,
});
