import { describe, expect, test } from "vitest";
import { MAX_SIGNATURES, retrySafety } from "../../../../../src/engine/guards/flow/retry-safety.ts";
import { GuardSession, settingsOf, told } from "../guard-fixture.ts";

const QUERY = { tool: "db_query" };
const SQL = { sql: "SELECT *" };

function sessionWith(changes: Parameters<typeof settingsOf<"retry_safety">>[1] = {}) {
  return new GuardSession(retrySafety, settingsOf("retry_safety", changes));
}

describe("retry_safety", () => {
  test("lets three attempts of a call through and refuses the fourth", () => {
    const session = sessionWith({ enforce_backoff: false });
    for (let attempt = 1; attempt <= 3; attempt++) expect(told(session.before(QUERY, SQL))).toEqual([]);
    expect(told(session.before(QUERY, SQL))).toEqual([
      "BLOCK RETRIES_EXCEEDED attempts of the same call exceeded: 4 > 3",
    ]);
    expect(told(session.before(QUERY, { sql: "SELECT 1" }))).toEqual([]);
  });

  test("counts anew after a success", () => {
    const session = sessionWith({ enforce_backoff: false });
    for (let attempt = 1; attempt <= 3; attempt++) session.before(QUERY, SQL);
    session.after(QUERY, SQL);
    expect(told(session.before(QUERY, SQL))).toEqual([]);
  });

  test.each(["validation", "auth", "permission", "not_found"])("never tries again after %s", (errorClass) => {
    const session = sessionWith();
    session.after({ tool: "api_call" }, { id: 1 }, { errorClass });
    session.wait(60_000);
    expect(told(session.before({ tool: "api_call" }, { id: 1 }))).toEqual([
      `BLOCK ERROR_NOT_RETRYABLE Error class '${errorClass}' is non-retryable`,
    ]);
  });

  test("tries again after any other error, twice as late each time", () => {
    const session = sessionWith({ max_same_signature_retries: 10 });
    session.before(QUERY, SQL);
    session.after(QUERY, SQL, { errorClass: "timeout" });
    session.wait(99);
    expect(told(session.before(QUERY, SQL))).toEqual([
      "WARN BACKOFF_REQUIRED attempt 2 of the same call is due in 1 ms",
    ]);
    session.wait(199);
    expect(told(session.before(QUERY, SQL))).toHaveLength(1);
    session.wait(400);
    expect(told(session.before(QUERY, SQL))).toEqual([]);
  });

  test("waits no longer than the most there is", () => {
    const session = sessionWith({ max_same_signature_retries: 100, max_backoff_ms: 150 });
    for (let attempt = 0; attempt < 50; attempt++) {
      session.wait(150);
      expect(told(session.before(QUERY, SQL))).toEqual([]);
    }
  });

  test("refuses an early attempt where backoff blocks", () => {
    const session = sessionWith({ backoff: "block" });
    session.before(QUERY, SQL);
    const early = session.before(QUERY, SQL);
    expect(told(early)).toEqual(["THROTTLE BACKOFF_REQUIRED attempt 2 of the same call is due in 100 ms"]);
    expect(early.notes[0]?.retryAfterMs).toBe(100);
  });

  test("wants an idempotency key from the first call on for what is not idempotent", () => {
    const session = sessionWith({ require_idempotency_key: true });
    const order = { tool: "create_order", sideEffect: "write" } as const;
    expect(told(session.before(QUERY, SQL))).toEqual([]);
    expect(told(session.before(order, { item: "widget" }))).toEqual([
      "BLOCK IDEMPOTENCY_KEY_REQUIRED Tool 'create_order' is not idempotent and requires an idempotency key",
    ]);
    expect(told(session.before(order, { item: "widget", _idempotency_key: "abc123" }))).toEqual([]);
    expect(told(session.before({ ...order, idempotencyKey: "abc123" }, { item: "gadget" }))).toEqual([]);
    expect(told(session.before(order, { item: "bolt", _idempotency_key: " " }))).toHaveLength(1);
    const entry = { name: "create_order", idempotent: true };
    expect(told(session.before({ ...order, entry }, { item: "nut" }))).toEqual([]);
  });

  test("remembers as many signatures as it may", () => {
    const session = sessionWith();
    for (let call = 0; call < 2 * MAX_SIGNATURES; call++) session.before(QUERY, { call });
    expect(session.state.attempts).toHaveLength(MAX_SIGNATURES);
  });
});
