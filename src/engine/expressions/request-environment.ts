import { Environment } from "@marcbachmann/cel-js";
import type { RequestFacts } from "./request-facts.ts";

// The names that expressions know, and the values they have for one request. Texts that a request does not carry are empty,
// numbers 0: so an expression never fails for what is not there, but for a label that it names without asking for it.

/** Nodes, depth and arguments of an expression that is read at all; what it costs is bounded apart. */
export const LIMITS = {
  maxAstNodes: 256,
  maxDepth: 24,
  maxListElements: 100,
  maxMapEntries: 100,
  maxCallArguments: 8,
};

/** `matches` of the language takes time without bound: expressions are rewritten to call this one. */
export const MATCHES = "matchesRe2";

export function createRequestEnvironment(matches: (text: string, pattern: string) => boolean): Environment {
  return new Environment({ enableOptionalTypes: true, limits: LIMITS })
    .registerFunction(`string.${MATCHES}(string): bool`, matches)
    .registerVariable("kind", "string")
    .registerVariable({
      name: "principal",
      schema: { tenant: "string", team: "string", user: "string", api_key: "string", agent: "string" },
    })
    .registerVariable("session", "string")
    .registerVariable("labels", "map<string, string>")
    .registerVariable("scopes", "list<string>")
    .registerVariable("ip", "string")
    .registerVariable("allow_changes", "bool")
    .registerVariable("route", "string")
    .registerVariable("provider", "string")
    .registerVariable("model", "string")
    .registerVariable("tool", "string")
    .registerVariable("feature", "string")
    .registerVariable("integration", "string")
    .registerVariable({
      name: "operation",
      schema: { name: "string", risk: "double", mutating: "bool", attributes: "map<string, double>" },
    })
    .registerVariable("step", "string")
    .registerVariable("network_target", "string")
    .registerVariable({ name: "tokens", schema: { input: "int", output: "int", total: "int" } })
    .registerVariable("cost_usd", "double")
    .registerVariable("requests", "int")
    .registerVariable("tool_calls", "int");
}

/** The variables of one request. */
export function variablesOf(facts: RequestFacts) {
  const { principal, operation, inputTokens, outputTokens } = facts;
  return {
    kind: facts.kind,
    principal: {
      tenant: principal.tenant,
      team: principal.team ?? "",
      user: principal.user ?? "",
      api_key: principal.apiKeyId ?? "",
      agent: principal.agent ?? "",
    },
    session: facts.session,
    labels: facts.labels,
    scopes: facts.scopes,
    ip: facts.sourceIp ?? "",
    allow_changes: facts.allowChanges,
    route: facts.route ?? "",
    provider: facts.provider ?? "",
    model: facts.model ?? "",
    tool: facts.tool ?? "",
    feature: facts.feature ?? "",
    integration: facts.integration ?? "",
    operation: {
      name: operation?.name ?? "",
      risk: operation?.risk ?? 0,
      mutating: facts.mutating,
      attributes: operation?.attributes ?? NO_ATTRIBUTES,
    },
    step: facts.stepName ?? "",
    network_target: facts.networkTarget ?? "",
    tokens: { input: inputTokens, output: outputTokens, total: inputTokens + outputTokens },
    cost_usd: Number(facts.costNanoUsd) / 1e9,
    requests: facts.requests,
    tool_calls: facts.toolCalls,
  };
}

const NO_ATTRIBUTES = Object.freeze({});
export type RequestVariables = ReturnType<typeof variablesOf>;
