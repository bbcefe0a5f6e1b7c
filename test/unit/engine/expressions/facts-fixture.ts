import type { RequestFacts } from "../../../../src/engine/expressions/request-facts.ts";

/** A request of tenant acme that carries nothing else. */
export function factsOf(facts: Partial<RequestFacts> = {}): RequestFacts {
  return {
    kind: "intent",
    principal: { tenant: "acme" },
    session: "s",
    labels: {},
    scopes: [],
    sourceIp: undefined,
    allowChanges: false,
    route: undefined,
    provider: undefined,
    model: undefined,
    tool: undefined,
    feature: undefined,
    integration: undefined,
    operation: undefined,
    mutating: false,
    stepName: undefined,
    networkTarget: undefined,
    inputTokens: 0n,
    outputTokens: 0n,
    costNanoUsd: 0n,
    requests: 0n,
    toolCalls: 0n,
    ...facts,
  };
}
