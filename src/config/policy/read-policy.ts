import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { ToolEntry } from "../../domain/policy/tool-entry.ts";
import {
  type DocumentKind,
  NO_POLICY_FILES,
  type PolicyFiles,
  type PriceEntry,
  type RefusedDocument,
  type TierDocument,
} from "./documents.ts";
import { holdsNothing, type PolicyPlaces } from "./files/find-files.ts";
import type { PlatformReading, PolicyText, TenantReading } from "./files/parse-files.ts";
import {
  type PackedReading,
  type PolicyAnswer,
  type PolicyWork,
  unpackDocument,
} from "./files/policy-work.ts";
import { createSlices } from "./slices.ts";
import { placeOf } from "./yaml/position.ts";

/**
 * Reads all policy files in a thread of their own; what comes back is taken over in slices. Documents of tenants that are as
 * they were in `before` are not parsed again. Never rejects for what the files hold: that is in the answer.
 */
export function readPolicy(
  places: PolicyPlaces,
  before: PolicyFiles = NO_POLICY_FILES,
): Promise<PolicyFiles> {
  // Most sidecars have no documents: starting a thread to learn it would take longer than all else of a start.
  if (holdsNothing(places)) return Promise.resolve(NO_POLICY_FILES);
  const known = new Map([...before.tenants].map(([tenant, { hash }]) => [hash, tenant]));
  return inThread({ type: "files", places, known }, (port) => collect(port, before));
}

/** The same for texts that are no files. */
export function parseTexts(texts: readonly PolicyText[]): Promise<PolicyFiles> {
  return inThread({ type: "texts", texts }, (port) => collect(port, NO_POLICY_FILES));
}

/** A document with one section replaced by a value, or without it; comments of all others stay. */
export function editText(text: string, section: string, value: unknown): Promise<string> {
  return inThread({ type: "edit", text, section, value }, takeText);
}

/** The JSON Schema of a kind, as JSON text. */
export function readSchema(kind: DocumentKind): Promise<string> {
  return inThread({ type: "schema", kind }, takeText);
}

type Work<W = PolicyWork> = W extends PolicyWork ? Omit<W, "port"> : never;

/** The thread ends when it has answered; an error in it is a mistake of ours and is thrown here. */
async function inThread<T>(work: Work, take: (port: MessagePort) => Promise<T> | T): Promise<T> {
  const { port1, port2 } = new MessageChannel();
  const here = import.meta.url;
  // The bundle keeps the entry beside its own file; run from source it is the .ts file of this folder.
  const entry = new URL(`./policy-worker.${here.endsWith(".ts") ? "ts" : "cjs"}`, here);
  const worker = new Worker(entry, {
    workerData: { ...work, port: port2 },
    transferList: [port2],
    name: "policy-worker",
    execArgv: [],
  });
  try {
    await once(worker, "exit");
    return await take(port1);
  } finally {
    port1.close();
  }
}

function receive(port: MessagePort): PolicyAnswer {
  const received = receiveMessageOnPort(port);
  if (received === undefined) throw new Error("the thread that parses policies ended without an answer");
  return received.message as PolicyAnswer;
}

function takeText(port: MessagePort): string {
  const answer = receive(port);
  if (answer.type !== "text") throw new Error(`the thread that parses policies answered ${answer.type}`);
  return answer.text;
}

type RefusedReading = Extract<TenantReading, { type: "refused" }>;

async function collect(port: MessagePort, before: PolicyFiles): Promise<PolicyFiles> {
  const slices = createSlices();
  const byTenant = new Map<string, TierDocument[]>();
  const refusals: RefusedReading[] = [];
  const models: PriceEntry[] = [];
  const entries: ToolEntry[] = [];
  const schemaPlaces = new Map<string, string>();
  for (;;) {
    const message = receive(port);
    if (message.type === "text") throw new Error("the thread that parses policies answered text");
    if (message.type === "platform") {
      if (message.isEmpty) return NO_POLICY_FILES;
      const { baseline, charges, hasTools, ...rest } = message.platform;
      const platform: PlatformReading = {
        ...rest,
        baseline: baseline && unpackDocument(baseline),
        prices: charges && { models, charges },
        tools: hasTools ? { entries, schemaPlaces } : undefined,
      };
      await slices.next();
      return assemble(platform, byTenant, refusals);
    }
    if (message.type === "models") models.push(...message.models);
    else if (message.type === "tools") {
      entries.push(...message.entries);
      for (const [at, { name }] of message.entries.entries())
        schemaPlaces.set(name, message.places[at] ?? "");
    } else addReading(message.reading, before, byTenant, refusals);
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
}

function addReading(
  reading: PackedReading,
  before: PolicyFiles,
  byTenant: Map<string, TierDocument[]>,
  refusals: RefusedReading[],
): void {
  if (reading.type === "refused") refusals.push(reading);
  else {
    const document =
      reading.type === "read"
        ? unpackDocument(reading.document)
        : (before.tenants.get(reading.tenant) as TierDocument);
    byTenant.set(reading.tenant, [...(byTenant.get(reading.tenant) ?? []), document]);
  }
}

function assemble(
  platform: PlatformReading,
  byTenant: ReadonlyMap<string, readonly TierDocument[]>,
  refusals: readonly RefusedReading[],
): PolicyFiles {
  const tenants = new Map<string, TierDocument>();
  const refusedTenants = new Map<string, RefusedDocument>();
  const unnamedTenants: RefusedDocument[] = [];
  const refuse = (tenant: string, name: string, problems: readonly string[]): void => {
    const earlier = refusedTenants.get(tenant);
    refusedTenants.set(tenant, { name, problems: [...(earlier?.problems ?? []), ...problems] });
  };
  for (const { tenant, name, problems } of refusals) {
    if (tenant === undefined) unnamedTenants.push({ name, problems });
    else refuse(tenant, name, problems);
  }
  for (const [tenant, [first, ...others]] of byTenant) {
    if (first === undefined) continue;
    if (others.length === 0) {
      if (!refusedTenants.has(tenant)) tenants.set(tenant, first);
      continue;
    }
    const at = startOf(first);
    const problems = others.map(
      (other) => `${startOf(other)}: tenant ${tenant} has a document already, at ${at}`,
    );
    refuse(tenant, first.document.name, problems);
  }
  const problems = [...platform.problems];
  if (tenants.size + refusedTenants.size > TENANTS_MAX)
    problems.push(
      `there are documents of ${tenants.size + refusedTenants.size} tenants; at most ${TENANTS_MAX}`,
    );
  return { ...platform, tenants, refusedTenants, unnamedTenants, problems };
}

/** Tenants with a document. */
const TENANTS_MAX = 10_000;

function startOf(document: TierDocument): string {
  return placeOf(document, ["tenant"]);
}
