// The catalogue of reason codes of findings: stable for ever, never holding an id. Every code names its remedy. A test
// keeps this list, docs/reasons.md and the cases equal.

export type Role =
  | "nobody"
  | "agent"
  | "approver"
  | "tenant administrator"
  | "platform administrator"
  | "operator";

export interface Remedy {
  /** The setting that would change the answer; empty = the id of the limit that fired. */
  readonly setting: string;
  readonly role: Role;
}

interface Reason {
  readonly remedy: Remedy;
  readonly summary: string;
}

const limit = (summary: string, role: Role = "tenant administrator"): Reason => ({
  remedy: { setting: "", role },
  summary,
});
const other = (summary: string, setting: string, role: Role): Reason => ({
  remedy: { setting, role },
  summary,
});

export const REASONS = {
  WALL_TIME_LIMIT: limit("The execution ran longer than it may."),
  STEP_LIMIT: limit("The execution took as many steps as it may."),
  TOKEN_LIMIT: limit("The execution used as many tokens as it may."),
  MEMORY_LIMIT: limit("The execution reported more memory in use than it may have."),
  COST_THRESHOLD: limit("The execution spent as much as it may, or as much as a person wants to look at."),
  DISCOVERY_DEPTH_LIMIT: limit("Discovered steps led to further discovered steps too deeply."),
  DISCOVERED_STEP_LIMIT: limit("The execution added more steps to its own plan than it may."),
  IDLE_TIMEOUT: limit("Nothing was heard of the execution for too long."),
  SAME_STEP_LOOP: limit("The execution repeats the same step, or the same few, with the same results."),
  REQUEST_LIMIT: limit("The execution made as many requests as it may."),
  TOOL_CALL_LIMIT: limit("The execution made as many tool calls as it may."),
  MODIFICATION_LIMIT: limit("The session changed things as often as it may within an hour."),
  CUSTOM_LIMIT: limit("A custom counter reached its limit."),
  CONCURRENCY_LIMIT: limit("As many executions are active as may be at once."),
  QUOTA_REQUESTS: limit("A principal made as many requests as it may in this window."),
  QUOTA_TOKENS: limit("A principal used as many tokens as it may in this window."),
  QUOTA_COST: limit("A principal spent as much as it may in this window."),
  QUOTA_CPU: limit("A principal used as much CPU time as it may in this window."),
  QUOTA_MEMORY: limit("A principal used as much memory-time as it may in this window."),
  QUOTA_STORAGE: limit("A principal stores as much as it may."),
  QUOTA_CUSTOM: limit("A custom counter of a principal reached its quota in this window."),
  QUOTA_CONCURRENT_REQUESTS: limit("As many requests of a principal are in flight as may be at once."),
  QUOTA_CONCURRENT_EXECUTIONS: limit("As many executions of a principal are active as may be at once."),
  QUOTA_NEAR: limit("A principal used most of a quota of this window."),
  RATE_LIMIT: limit("Requests come faster than they may."),
  WEIGHT_ABOVE_BURST: limit("One request takes more at once than its rate lets through at all."),
  RATE_BUCKETS_FULL: other(
    "As many buckets of rates are in use as may be.",
    "rates",
    "platform administrator",
  ),
  WALL_TIME_LIMIT_NEAR: limit("The execution is near its wall or working time."),
  STEP_LIMIT_NEAR: limit("The execution is near its number of steps."),
  TOKEN_LIMIT_NEAR: limit("The execution is near its number of tokens."),
  MEMORY_LIMIT_NEAR: limit("The execution is near its memory."),
  COST_THRESHOLD_NEAR: limit("The execution is near its cost limit or cost alert."),
  DISCOVERED_STEP_LIMIT_NEAR: limit("The execution is near its number of discovered steps."),
  IDLE_TIMEOUT_NEAR: limit("The execution has been silent for most of its idle time."),
  SAME_STEP_LOOP_NEAR: limit("The next repetition of this step is a loop."),
  REQUEST_LIMIT_NEAR: limit("The execution is near its number of requests."),
  TOOL_CALL_LIMIT_NEAR: limit("The execution is near its number of tool calls."),
  MODIFICATION_LIMIT_NEAR: limit("The session is near its number of modifications."),
  CUSTOM_LIMIT_NEAR: limit("A custom counter is near its limit."),
  STEP_TIMEOUT: other("A step took longer than its reservation allowed.", "timeout", "agent"),
  CARVE_UNAVAILABLE: other("Less remains above the child than it wants to carve.", "carve", "agent"),
  HOLD_TOO_LARGE: other(
    "One hold wants more of what remains than it may take.",
    "hold_max_fraction",
    "tenant administrator",
  ),
  HOLD_OVERRUN: other("The true usage passed its own hold.", "reserve", "agent"),
  PRICE_UNKNOWN: other("The price book does not know the model.", "prices", "platform administrator"),
  COST_MISMATCH: other(
    "The reported cost differs from the computed one.",
    "cost_source",
    "platform administrator",
  ),
  COUNTER_SATURATED: other("A counter reached the largest number it can hold.", "", "nobody"),
  DEPTH_UNDERFLOW: other("More depth was left than had been entered.", "depth_delta", "agent"),
  CUSTOM_COUNTER_UNKNOWN: other(
    "A custom counter was reported that no policy declares.",
    "custom_counters",
    "platform administrator",
  ),
  TENANT_UNKNOWN: other(
    "No document is known of the tenant, and the platform serves no other (unknown_tenant: block).",
    "unknown_tenant",
    "platform administrator",
  ),
  POLICY_INVALID: other(
    "The policy of the tenant is invalid and no earlier version of it is known.",
    "policy",
    "tenant administrator",
  ),
  LABEL_MISSING: other("A label that policy requires is missing.", "required_labels", "tenant administrator"),
  DENY_RULE_MATCHED: limit("An access rule denies it."),
  ALLOW_RULE_MATCHED: limit("An access rule allows it."),
  DEFAULT_DENY: other("No access rule allows it.", "access.default", "tenant administrator"),
  DEFAULT_ALLOW: other("No access rule denies it.", "access.default", "tenant administrator"),
  ACCESS_RULE_FAILED: limit("The condition of an access rule that denies could not be evaluated."),
  OPERATION_BLOCKED: other("The operation is blocked.", "operations.blocked", "tenant administrator"),
  OPERATION_NOT_ALLOWED: other(
    "The operation is not among those that are allowed.",
    "operations.allowed",
    "tenant administrator",
  ),
  USER_AUTHORIZATION_REQUIRED: other(
    "The operation changes something and the user did not allow changes.",
    "allow_changes",
    "agent",
  ),
  ATTRIBUTE_OUT_OF_BOUNDS: limit("The operation would change more, or is less sure, than it may be."),
  ATTRIBUTE_MISSING: limit("A bounded attribute, or the risk, of a changing operation was not told."),
  RISK_CONFIRMATION_REQUIRED: other(
    "The risk of the operation is one that a person has to confirm.",
    "operations.require_confirmation_above_risk",
    "approver",
  ),
  FEATURE_DISABLED: limit("The tenant has switched the feature off."),
  MODEL_NOT_PREFERRED: limit("The tenant insists on the models that it prefers, and this is none of them."),
  INTEGRATION_DISABLED: limit("The tenant has switched the integration off."),
  CONTENT_RULE_MATCHED: limit("A rule of type content found something in a text."),
  SECURITY_RULE_MATCHED: limit("A rule of type security found something in a text."),
  PROMPT_RULE_MATCHED: limit("A rule of type prompt found something in a text."),
  COST_RULE_EXCEEDED: limit("The estimated cost of the request is above the threshold of a rule."),
  QUOTA_RULE_EXCEEDED: limit("A counter is above the threshold of a rule within its sliding window."),
  POLICY_RULE_MATCHED: limit("The expression of a rule is true of the request."),
  RULE_FAILED: limit("The expression of a rule could not be evaluated: it counts as fired."),
  GUARD_FAILED: other("A guard failed inside: the call is refused, never waved through.", "", "operator"),
  REPAIR_NOT_ACCEPTED: other(
    "The call needs a repair that the request does not accept.",
    "accepts_repair",
    "agent",
  ),
  ARGUMENTS_INVALID: other("The arguments are no JSON within the bounds.", "arguments_json", "agent"),
  OUTPUT_INVALID: other("The output is no JSON within the bounds.", "output_json", "agent"),
  TIME_BUDGET_EXCEEDED: limit("The turn or plan took as long as it may."),
  TIME_BUDGET_SOFT: limit("The turn or plan has used most of its time."),
  RETRIES_EXCEEDED: limit("The same call was tried as often as it may be."),
  BACKOFF_REQUIRED: limit("The same call was tried again too soon."),
  IDEMPOTENCY_KEY_REQUIRED: limit("A tool that must not run twice was called without an idempotency key."),
  ERROR_NOT_RETRYABLE: limit("The last error of this call does not go away by trying again."),
  REFERENCE_UNKNOWN: limit("An argument refers to an output that is not known."),
  VALUE_UNATTRIBUTED: limit("An argument that should name its source names none."),
  PLAN_SHAPE: limit("The plan is too long, too wide, too mixed or runs in a circle."),
  TOOL_BUDGET: limit("The session or turn made as many tool calls as it may."),
  NETWORK_LOCALHOST: limit("A target is the machine that the tool runs on."),
  NETWORK_PRIVATE: limit(
    "A target is an inner network: a private, link-local, shared or reserved address, or an inner name.",
  ),
  NETWORK_METADATA: limit("A target is a metadata service, which gives credentials away."),
  NETWORK_DOMAIN: limit("A target is on the list of what is blocked, or not on the one of what is allowed."),
  NETWORK_SCHEME: limit("A target has a scheme that may not be used, or is not HTTPS."),
  NETWORK_ADDRESS: limit("A target cannot be read, names a user, or has a port that may not be called."),
  DNS_UNAVAILABLE: limit("A name of a target gave no answer in time, or none at all."),
  SIDE_EFFECT_BLOCKED: limit("The tool may change more than tools may here."),
  CAPABILITY_REQUIRED: limit("The call needs a capability token and has none."),
  CAPABILITY_INVALID: limit("The capability token is not valid for this call."),
  CAPABILITY_REMOVED: limit("A capability token was taken out of the arguments before the tool sees them."),
  PRECONDITION_FAILED: limit("A condition that must be true before the call is not."),
  POSTCONDITION_FAILED: limit("A condition that must be true after the call is not."),
  OUTPUT_SIZE: limit("The output is larger than it may be."),
  SATURATION: limit("A value is so far from the mean that the result says nothing."),
  DEGENERATE_OUTPUT: limit("A statistical tool gave several results in a row that say nothing."),
  EXECUTION_UNKNOWN: other(
    "No execution with this id is registered.",
    "unregistered",
    "platform administrator",
  ),
  EXECUTION_PAUSED: other("The execution waits for a person.", "approvals", "approver"),
  EXECUTION_HALTED: other("The execution was halted by an operator.", "halt", "operator"),
  EXECUTION_COMPLETED: other("The execution has ended.", "", "agent"),
  PARENT_COMPLETED: other("The parent execution has ended, and its subtree with it.", "", "agent"),
  APPROVAL_REJECTED: other("A person said no.", "approvals", "approver"),
  APPROVAL_EXPIRED: other("Nobody answered in time.", "approvals.timeout", "tenant administrator"),
  APPROVAL_MISMATCH: other("The approval was given for another operation.", "approval_id", "agent"),
  APPROVAL_USED: other("The approval was already used.", "approval_id", "agent"),
  APPROVALS_FULL: other("As many approvals are open as may be.", "approvals", "approver"),
  RESERVATION_UNKNOWN: other(
    "The reservation was not known; its usage was charged.",
    "reservation_id",
    "agent",
  ),
  LATE: other("The usage came after its time and was charged now.", "late_tolerance", "agent"),
  REPORT_REJECTED: other("A report was invalid and counted nowhere.", "", "agent"),
  REPORTS_SKIPPED: other("A client gave up reports that it had numbered.", "", "agent"),
  AMOUNT_TOO_LARGE: other("One amount of one report is above 2^48.", "", "agent"),
  SCHEMA_VIOLATION: limit("The arguments do not fit the schema of the tool."),
  TOOL_UNKNOWN: limit("No Tools document names the tool."),
  SENSITIVE_DATA: limit("The arguments or the output hold a secret."),
  UNRESOLVED_REFERENCE: limit("An argument holds a placeholder that was never filled in."),
  UNGROUNDED_VALUE: limit("A number in the arguments comes from no earlier output and not from the user."),
  STORE_FAILING: other(
    "The file cannot be written; this answer is not durable.",
    "on_store_failure",
    "platform administrator",
  ),
  STORE_UNAVAILABLE: other(
    "The file cannot be written and too much is unsaved.",
    "on_store_failure",
    "platform administrator",
  ),
  DATA_LOSS: other("Part of what was acknowledged is missing from the file.", "on_hole", "operator"),
  CLOCK_STEP: other(
    "The wall clock jumped forward by more than an hour, or between two boots by more than is believed.",
    "",
    "platform administrator",
  ),
  UNATTRIBUTED: other(
    "Usage of an unknown execution was charged to the tenant.",
    "unregistered",
    "platform administrator",
  ),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;
