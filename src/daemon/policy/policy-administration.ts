import type { TierDocument } from "../../config/policy/documents.ts";
import { editText, readSchema } from "../../config/policy/read-policy.ts";
import { TollgateError } from "../../domain/errors.ts";
import { type KeptChange, type KeptVersion, writeKept } from "../../engine/policy/kept/kept-policies.ts";
import type {
  PolicyAdmin,
  PolicyInfo,
  PolicyKind,
  PolicyOrigin,
  PolicyProblem,
  PolicyWrite,
} from "../../ports/policy-admin.ts";
import type { EngineHost } from "../../runtime/engine-host.ts";
import type { KeptDocument } from "./compile-policy.ts";
import { diffPolicies } from "./diff-policies.ts";
import { keptName, type PolicyKeeper } from "./policy-keeper.ts";
import { judgeTenantText, parseTenantText, validateText } from "./policy-texts.ts";

// What operators ask of the policy: shown from what is in force, changed through the keeper, one change after the other.

export function createPolicyAdmin(keeper: PolicyKeeper, host: EngineHost): PolicyAdmin {
  const { keptPolicies } = host.world;
  const put = (write: PolicyWrite, text: string, action: string): Promise<void> =>
    keeper.exclusively(async () => {
      assertEtag(keptPolicies.last(write.tenant), write.etag);
      return putText(keeper, host, write, text, action);
    });
  const remove = (write: PolicyWrite, action: string): Promise<void> =>
    keeper.exclusively(async () => {
      const last = keptPolicies.last(write.tenant);
      if (last === undefined || last.text === null) throw notFound(`no document is kept for ${write.tenant}`);
      assertEtag(last, write.etag);
      const kept = new Map(keeper.content.kept);
      kept.delete(write.tenant);
      await keeper.keep(
        kept,
        action,
        (world, now) => void writeKept(world, changeOf(write, undefined, action), now),
        () => write.done(undefined, true),
      );
    });
  return {
    list: () => listDocuments(keeper, host),
    get: (kind, tenant, origin) => getDocument(keeper, host, kind, tenant, origin),
    schema: readSchema,
    validate: (text) => validateText(text, keeper.content.good.files.baseline?.document),
    put: (write, text) => put(write, text, "put"),
    putSection: (write, section, value) =>
      keeper.exclusively(async () => {
        const last = keptPolicies.last(write.tenant);
        assertEtag(last, write.etag);
        const text = last?.text ?? emptyText(write.tenant);
        return putText(keeper, host, write, await editText(text, section, value), `put_${section}`);
      }),
    remove: (write) => remove(write, "delete"),
    rollback: async (write, version) => {
      const found = keptPolicies.versions(write.tenant).find((one) => one.version === version);
      if (found === undefined) throw notFound(`version ${version} of ${write.tenant} is not remembered`);
      await (found.text === null ? remove(write, "rollback") : put(write, found.text, "rollback"));
    },
    diff: async (from, to, tenant) => {
      const find = (etag: string) => {
        const replaced = keeper.replacedSince(etag);
        if (replaced === undefined) throw notFound(`no policy with the etag ${etag} is remembered`);
        return replaced;
      };
      return diffPolicies(find(from), to === undefined ? [] : find(to), keeper.content, tenant);
    },
    reload: () => keeper.reload("operator"),
  };
}

async function putText(
  keeper: PolicyKeeper,
  host: EngineHost,
  write: PolicyWrite,
  text: string,
  action: string,
): Promise<void> {
  const { tenant } = write;
  const { keptPolicies } = host.world;
  const last = keptPolicies.last(tenant);
  const etag = host.world.digest.digest128(text).slice(0, 16);
  const { good, kept } = keeper.content;
  const same = last?.etag === etag ? kept.get(tenant) : undefined;
  if (same !== undefined) {
    host.turn(() => write.done(keptInfo(tenant, same, last), false));
    return;
  }
  const parsed = await parseTenantText(tenant, keptName(tenant, (last?.version ?? 0) + 1), text);
  if (!parsed.ok) throw refusal(parsed.problems);
  const bounding = { baseline: good.files.baseline?.document, file: good.tenants.get(tenant)?.document };
  const problems = await judgeTenantText(parsed.document, bounding);
  if (problems.length > 0) throw refusal(problems);
  if (!kept.has(tenant) && kept.size >= TENANTS_MAX)
    throw new TollgateError("POLICIES_FULL", `documents of at most ${TENANTS_MAX} tenants are kept`);
  const document = { ...parsed.document, etag };
  await keeper.keep(
    new Map(kept).set(tenant, document),
    action,
    (world, now) => void writeKept(world, changeOf(write, text, action), now),
    () => write.done(keptInfo(tenant, document, keptPolicies.last(tenant)), true),
  );
}

/** Tenants whose documents are kept. */
const TENANTS_MAX = 10_000;

function changeOf({ tenant, by, note }: PolicyWrite, text: string | undefined, action: string): KeptChange {
  return { tenant, text, by, note, action };
}

function emptyText(tenant: string): string {
  return `apiVersion: tollgate.dev/v1\nkind: Tenant\ntenant: ${JSON.stringify(tenant)}\n`;
}

/** @throws TollgateError ETAG_MISMATCH */
function assertEtag(last: KeptVersion | undefined, wanted: string | undefined): void {
  const etag = last?.etag ?? "";
  if (wanted === undefined || wanted === etag) return;
  throw new TollgateError("ETAG_MISMATCH", "it has changed since it was read: read it again", {
    metadata: { etag },
  });
}

function notFound(message: string): TollgateError {
  return new TollgateError("POLICY_NOT_FOUND", message);
}

function refusal(problems: readonly PolicyProblem[]): TollgateError {
  const fields = problems.map(({ line, column, message }) => ({
    field: "text",
    description: line === 0 ? message : `${line}:${column}: ${message}`,
  }));
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return new TollgateError("FIELD_INVALID", `text: ${fields[0]?.description ?? "is refused"}${more}`, {
    fields,
  });
}

function listDocuments(keeper: PolicyKeeper, host: EngineHost): readonly PolicyInfo[] {
  const { good, kept } = keeper.content;
  const { files } = good;
  const { problems, tenantProblems } = keeper.judged;
  const infos: PolicyInfo[] = [];
  const platform = (kind: PolicyKind, name: string, etag: string): void => {
    const state = problems.length === 0 ? "in_force" : "stale";
    infos.push({ kind, tenant: undefined, origin: "file", name, etag, state, problems, kept: undefined });
  };
  if (files.baseline !== undefined) platform("Baseline", files.baseline.document.name, files.baseline.hash);
  for (const kind of ["Prices", "Tools", "Quotas"] as const) {
    const value = { Prices: files.prices, Tools: files.tools, Quotas: files.quotas }[kind];
    if (value !== undefined) platform(kind, kind.toLowerCase(), files.platformHash.slice(0, 16));
  }
  const tenants = new Set([...good.tenants.keys(), ...good.invalid, ...kept.keys()]);
  for (const tenant of [...tenants].toSorted()) {
    const file = good.tenants.get(tenant);
    const wrong = tenantProblems.get(tenant) ?? tenantProblems.get(file?.document.name ?? "") ?? [];
    if (file !== undefined) infos.push(fileInfo(tenant, file, wrong));
    else if (good.invalid.has(tenant)) infos.push(invalidInfo(tenant, wrong));
    const document = kept.get(tenant);
    if (document !== undefined) infos.push(keptInfo(tenant, document, host.world.keptPolicies.last(tenant)));
  }
  return infos;
}

function fileInfo(tenant: string, { document, hash }: TierDocument, problems: readonly string[]): PolicyInfo {
  const state = problems.length === 0 ? "in_force" : "stale";
  return {
    kind: "Tenant",
    tenant,
    origin: "file",
    name: document.name,
    etag: hash,
    state,
    problems,
    kept: undefined,
  };
}

function invalidInfo(tenant: string, problems: readonly string[]): PolicyInfo {
  return {
    kind: "Tenant",
    tenant,
    origin: "file",
    name: "",
    etag: "",
    state: "invalid",
    problems,
    kept: undefined,
  };
}

function keptInfo(
  tenant: string,
  { document, etag }: KeptDocument,
  last: KeptVersion | undefined,
): PolicyInfo {
  const kept = last && { version: last.version, atMs: last.atMs, by: last.by };
  return {
    kind: "Tenant",
    tenant,
    origin: "api",
    name: document.name,
    etag,
    state: "in_force",
    problems: [],
    kept,
  };
}

function getDocument(
  keeper: PolicyKeeper,
  host: EngineHost,
  kind: PolicyKind,
  tenant: string | undefined,
  origin: PolicyOrigin | undefined,
): PolicyInfo & { readonly text: string } {
  const infos = listDocuments(keeper, host).filter(
    (info) =>
      info.kind === kind && info.tenant === tenant && (origin === undefined || info.origin === origin),
  );
  const info = infos.at(-1);
  if (info === undefined) throw notFound(`there is no such document of ${tenant ?? "the platform"}`);
  const { good } = keeper.content;
  if (info.origin === "api") return { ...info, text: host.world.keptPolicies.last(tenant ?? "")?.text ?? "" };
  const document = kind === "Baseline" ? good.files.baseline : good.tenants.get(tenant ?? "");
  return {
    ...info,
    text: document === undefined ? "" : `${JSON.stringify(document.document.value, undefined, 2)}\n`,
  };
}
