import type { Json, Step } from "./case-file.ts";

// From the short form of a step to the request it stands for, in the JSON of the contract.

export interface Request {
  readonly service: "enforcement" | "guards" | "approvals" | "executions" | "policies" | "tenants";
  readonly method: string;
  readonly request: Json;
}

/** What the steps of one case share: ids that a step leaves out, sequences, the approval that was opened last. */
export interface CaseMemory {
  nextSequence: number;
  approvalId: string;
  calls: number;
}

export function createMemory(): CaseMemory {
  return { nextSequence: 1, approvalId: "", calls: 0 };
}

/** `$approval` stands for the approval that was opened last. */
export function requestOf(step: Step, memory: CaseMemory): Request {
  const build = BUILDERS[step.call];
  if (build === undefined) throw new Error(`no step "${step.call}"; there are ${NAMES.join(", ")}`);
  const made = build((step.body ?? {}) as Json, memory);
  const request = { ...made.request, ...step.fields };
  return { ...made, request: replaceApproval(request, memory.approvalId) as Json };
}

type Builder = (body: Json, memory: CaseMemory) => Request;

const E = "e";

function enforcement(method: string, request: Json): Request {
  return { service: "enforcement", method, request };
}

const BUILDERS: { readonly [call: string]: Builder } = {
  register: (body) => enforcement("registerExecution", { execution_id: E, ...body }),
  complete: (body) => enforcement("completeExecution", { execution_id: E, ...body }),
  check: (intent) => enforcement("check", { execution_id: E, intent }),
  charge: (intent) => enforcement("charge", { execution_id: E, intent }),
  reserve: (intent) => enforcement("reserve", { execution_id: E, reservation_id: "r", intent }),
  settle: (body) => enforcement("settle", { execution_id: E, reservation_id: "r", ...body }),
  release: (body) => enforcement("release", { execution_id: E, reservation_id: "r", ...body }),
  extend: (body) => enforcement("extend", { execution_id: E, ...body }),
  report: (body, memory) => report(body, memory),
  get: (body) => enforcement("getExecution", { execution_id: E, ...body }),
  get_approval: (body) => enforcement("getApproval", { approval_id: "$approval", ...body }),
  outcome: (body) => enforcement("recordOutcome", body),
  effective: (body) => enforcement("getEffectivePolicy", body),
  tool: (body, memory) => ({
    service: "guards",
    method: "checkToolCall",
    request: { execution_id: E, call_id: `c${++memory.calls}`, ...body },
  }),
  output: (body, memory) => ({
    service: "guards",
    method: "checkToolOutput",
    request: { execution_id: E, call_id: `c${memory.calls}`, ...body },
  }),
  content: (body) => ({ service: "guards", method: "checkContent", request: { execution_id: E, ...body } }),
  approve: (body) => ({
    service: "approvals",
    method: "approve",
    request: { approval_id: "$approval", ...body },
  }),
  reject: (body) => ({
    service: "approvals",
    method: "reject",
    request: { approval_id: "$approval", ...body },
  }),
  adjust: (body) => ({
    service: "executions",
    method: "adjustLimits",
    request: { caller: "uds", execution_id: E, ...body },
  }),
};

const NAMES = ["advance", "documents", ...Object.keys(BUILDERS)];

/** One batch of one group; sequences go on from step to step. */
function report(body: Json, memory: CaseMemory): Request {
  const { usage, execution_id = E, ...group } = body;
  const list = Array.isArray(usage) ? usage : [usage];
  const first_sequence = memory.nextSequence;
  memory.nextSequence += list.length;
  return enforcement("reportUsage", {
    reporter_id: "cases",
    epoch: 1,
    batch: { groups: [{ execution_id, first_sequence, want_decision: true, ...group, usage: list }] },
  });
}

function replaceApproval(value: unknown, approvalId: string): unknown {
  if (value === "$approval") return approvalId;
  if (Array.isArray(value)) return value.map((one) => replaceApproval(one, approvalId));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, replaceApproval(one, approvalId)]),
  );
}

const UNITS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "90s", "2h", "1500ms" in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no duration`);
  return Number(match[1]) * (UNITS[match[2] ?? ""] as number);
}
