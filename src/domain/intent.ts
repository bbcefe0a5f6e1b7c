import type { RequestedPrincipal } from "./execution.ts";
import type { StepUsage, TokenUsage } from "./usage.ts";

/** A named business action with what it would do. */
export interface Operation {
  readonly name: string;
  /** What it would change, by attribute name; finite numbers. */
  readonly attributes: { readonly [name: string]: number };
  /** 0 to 1. */
  readonly risk?: number | undefined;
  /** Modifications that the caller knows of in this session: a number higher than the engine's own wins. */
  readonly modificationsThisSession?: bigint | undefined;
}

/** Where a connection is about to go: a whole URL, or a host or address in any spelling, with or without a port. */
export interface NetworkTarget {
  readonly form: "url" | "host";
  readonly text: string;
  /** Absent: the one in the text, else the scheme's. */
  readonly port?: number | undefined;
}

export type ContentDirection = "input" | "output";

/** A text to be judged, into a model or out of one. */
export interface Content {
  readonly text: string;
  readonly direction: ContentDirection;
}

/** What `Check`, `Charge` and `Reserve` ask about: something the agent is about to do. All parts are optional. */
export interface Intent {
  /** A step is about to be taken. */
  readonly step?: StepUsage | undefined;
  /** The step enters one more level of discovery. */
  readonly entersDepth: boolean;
  readonly tokens?: TokenUsage | undefined;
  readonly costNanoUsd?: bigint | undefined;
  readonly custom: { readonly [name: string]: bigint };
  /** Requests and rate tokens to take; 0 when the intent names no request. */
  readonly weight: bigint;
  readonly toolCalls: bigint;
  /** Mutating operations, beside the one that `operation` stands for. */
  readonly modifications: bigint;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly route?: string | undefined;
  readonly operation?: Operation | undefined;
  readonly networkTarget?: NetworkTarget | undefined;
  readonly content?: Content | undefined;
  /** The tool that is about to be called, for access rules and scopes of rules. */
  readonly tool?: string | undefined;
  readonly feature?: string | undefined;
  readonly integration?: string | undefined;
}

/** What kind of request is judged. */
export type RequestKind = "registration" | "intent" | "tool_call" | "content";

export type Detail = "MINIMAL" | "REMAINING" | "FULL";

/** Who asks and under which circumstances: what access rules, overrides and session authorisation look at. */
export interface Circumstances {
  /** Session authorisation for operations that change something. */
  readonly allowChanges: boolean;
  /** Added to the labels of the execution: none of them has another value there. */
  readonly labels: { readonly [name: string]: string };
  readonly scopes: readonly string[];
  /** Address of whoever asks, as text. */
  readonly sourceIp?: string | undefined;
  /** Who pays and who asks where the execution is not registered. */
  readonly principal?: RequestedPrincipal | undefined;
}

/** What makes a request that is repeated the same one. */
export interface RequestIdentity {
  readonly requestId?: string | undefined;
  /** Canonical text of the request: what repeated requests are compared by. Computed only when needed. */
  readonly fingerprint: () => string;
}

/** What the requests that are answered by a decision share. */
export interface Ask extends Circumstances, RequestIdentity {
  readonly executionId: string;
  readonly intent: Intent;
  readonly detail: Detail;
  /** Absent: an intent. */
  readonly kind?: RequestKind | undefined;
  readonly approvalId?: string | undefined;
  /** What the name of the network target was resolved to, where it had to be. */
  readonly addresses?: ReadonlyMap<string, readonly string[]> | undefined;
  /** The client will run what a repair says. */
  readonly acceptsRepair: boolean;
  /**
   * Canonical text of the intent and its circumstances: what approvals are compared by, so that `Charge` or `Reserve`
   * redeems what `Check` opened. Computed only when needed.
   */
  readonly intentText: () => string;
}
