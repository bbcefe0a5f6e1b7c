import { describe, expect, test } from "vitest";
import { networkPolicy } from "../../../../../src/engine/guards/effects/network-policy.ts";
import { settingsOf } from "../guard-fixture.ts";
import { beforeOf, factsOf, notesOf } from "./inputs.ts";

const defaults = settingsOf("network_policy");

function judge(args: unknown, settings = defaults, facts = factsOf()) {
  return networkPolicy.before?.(beforeOf(settings, undefined, { tool: "fetch" }, args, facts));
}

function reasonsOf(args: unknown, settings = defaults, facts = factsOf()): string[] {
  return (judge(args, settings, facts)?.notes ?? []).map(({ reason }) => reason);
}

describe("the examples of the source document", () => {
  const settings = settingsOf("network_policy", {
    require_https: true,
    allowed_domains: ["api.example.com", "cdn.example.com"],
    metadata_ips: ["custom.metadata.internal"],
    localhost_patterns: ["dev.local"],
    url_argument_names: ["url", "endpoint", "webhook_url"],
  });

  test.each([
    ["https://api.example.com/data", []],
    ["http://localhost:8080/admin", ["NETWORK_LOCALHOST: Localhost access blocked"]],
    ["http://dev.local/", ["NETWORK_LOCALHOST: Localhost access blocked"]],
    ["http://192.168.1.1/internal", ["NETWORK_PRIVATE: Private IP access blocked"]],
    ["http://169.254.169.254/latest/meta-data", ["NETWORK_METADATA: Metadata service access blocked"]],
    ["https://custom.metadata.internal/", ["NETWORK_METADATA: Metadata service access blocked"]],
    ["http://api.example.com/data", ["NETWORK_SCHEME: HTTPS is required"]],
    ["https://evil.example.org/", ["NETWORK_DOMAIN: Domain is not allowed"]],
  ])("%s", (url, wanted) => {
    expect(notesOf(judge({ url }, settings))).toEqual(wanted);
    expect(notesOf(judge({ webhook_url: url }, settings))).toEqual(wanted);
  });
});

describe("where targets are found", () => {
  test.each([
    [{ url: "http://127.0.0.1/" }, "url"],
    [{ options: { list: [{ link: "http://127.0.0.1/" }] } }, "options.list[0].link"],
    [{ imageUrls: ["https://example.com/", "http://127.0.0.1/"] }, "imageUrls[1]"],
    [{ whatever: "http://127.0.0.1/" }, "whatever"],
    [{ command: "curl -s http://127.0.0.1/ | sh" }, "command"],
    [{ command: "curl 169.254.169.254/latest" }, "command"],
    [{ command: "nc localhost:6379" }, "command"],
    [{ dsn: "postgres://app@127.0.0.1:5432/db" }, "dsn"],
    [{ hosts: ["example.com", "127.1"] }, "hosts[1]"],
    [{ host: 2_130_706_433 }, "host"],
    [{ server: "10.0.0.1" }, "server"],
    [{ db_host: "cache" }, "db_host"],
    [{ address: "10.0.0.1:22" }, "address"],
    [{ "http://127.0.0.1/": 1 }, '["http://127.0.0.1/"]'],
    [{ json: '{"callback": "http://127.0.0.1/"}' }, "json"],
    [{ json: String.raw`{"url": "\u0068ttp://\u0031\u0032\u0037.0.0.1/"}` }, "json"],
    [{ json: '{"host": "127.1"}' }, "json"],
    [{ json: JSON.stringify({ inner: JSON.stringify([{ url: 2_130_706_433 }]) }) }, "json"],
    [{ json: ' [{"db_host": "redis"}]' }, "json"],
    [{ command: "curl 127.1:8080/admin" }, "command"],
    [{ command: "wget -q 2130706433" }, "command"],
    [{ command: "curl 0x7f000001" }, "command"],
    [{ command: "ssh root@localhost" }, "command"],
    [{ command: "curl -s 'localhost' | sh" }, "command"],
    [{ dsn: "host=localhost port=5432" }, "dsn"],
    [{ dsn: "Server = 10.1; Database = x" }, "dsn"],
    [{ endpoint: "http://%ef%bc%91%ef%bc%92%ef%bc%97.0.0.1/" }, "endpoint"],
    [{ note: "see http://%e2%91%a0%e2%91%a1%e2%91%a6.0.0.1/ for more" }, "note"],
    [{ first: "https://example.com/,http://127.0.0.1/" }, "first"],
    [{ next: "//127.0.0.1/x" }, "next"],
    [{ share: "\\\\10.0.0.1\\files" }, "share"],
  ])("%j is refused at %s", (args, path) => {
    expect(judge(args)?.notes[0]?.evidence).toEqual([{ kind: "network_target", path }]);
  });

  test.each([
    { destination: "Tokyo", origin: "JFK" },
    { target: "Purchase_Amount" },
    { address: "123 Main Street" },
    { target: "170000", server: "production" },
    { host: 8_080 },
    { note: "It took from 10:30 to 12:45, cost 10.50 euros, and 127.1 people came." },
    { note: "Version 1.2.3.4 of std::vector is documented at https://example.com/a_(b), see there." },
    { code: '// "http://" + host, http://{host}/x, https://${HOST}:8080/' },
    { text: "localhost is the name of this machine." },
    { property: "user.home", file: "config.local", type: "com.example.internal" },
    { email: "someone@corp.example.com" },
    { image: "data:image/png;base64,iVBORw0KGgo=" },
    { key: "s3://bucket/key", note_uri: "note://today" },
    { url: "/api/v1/users?page=2" },
    { url: "https://example.com/?url=http://127.0.0.1/" },
    { url: "https://example.com?email=someone@example.org" },
    { repository: "git@github.com:owner/repository.git", url: "git@github.com:owner/repository.git" },
    { count: 2_130_706_433, id: "2130706433" },
  ])("%j is not", (args) => {
    expect(notesOf(judge(args))).toEqual([]);
  });
});

describe("spellings", () => {
  test.each([
    ["http://example.com\\@127.0.0.1/", "NETWORK_LOCALHOST"],
    ["http://google.com#@127.0.0.1/", "NETWORK_LOCALHOST"],
    ["http://user@example.com/", "NETWORK_ADDRESS"],
    ["http://0x41414141A9FEA9FE/", "NETWORK_ADDRESS"],
    ["http://0251.00376.000251.0000376/", "NETWORK_METADATA"],
    ["http://169.254.169.254.xip.io/", "NETWORK_METADATA"],
    ["http://A.8.8.8.8.1time.169.254.169.254.1time.repeat.rebind.network/", "NETWORK_PRIVATE"],
    ["http://0000::1:80/", "NETWORK_LOCALHOST"],
    ["http://①②⑦.⓪.⓪.⓪", "NETWORK_LOCALHOST"],
    ["ｈｔｔｐ：／／127.0.0.1", "NETWORK_LOCALHOST"],
    ["http%3A%2F%2F127.0.0.1%2F", "NETWORK_LOCALHOST"],
    ["http://%256c%256f%2563%2561%256c%2568%256f%2573%2574/", "NETWORK_ADDRESS"],
    ["redis://127.1:6379", "NETWORK_LOCALHOST"],
    ["redis://cache/0", "NETWORK_PRIVATE"],
    ["url:file:///etc/passwd", "NETWORK_SCHEME"],
    ["jar:http://127.0.0.1!/", "NETWORK_SCHEME"],
    ["http://[fe80::5efe:10.0.0.1]/", "NETWORK_PRIVATE"],
    ["http://127.0.0.1:80:80/", "NETWORK_ADDRESS"],
    ["0://127.0.0.1:80;http://example.com:80/", "NETWORK_LOCALHOST"],
  ])("%s is refused with %s", (url, reason) => {
    expect(reasonsOf({ url })).toContain(reason);
  });
});

describe("keys", () => {
  test("each kind of inner target has its switch", () => {
    const on = { url: "http://127.0.0.1/", a: "http://10.0.0.1/", b: "http://168.63.129.16/" };
    const off = settingsOf("network_policy", { block_private_ips: false });
    expect(reasonsOf(on, off)).toEqual(["NETWORK_LOCALHOST", "NETWORK_METADATA"]);
    expect(reasonsOf(on, { ...off, block_localhost: false })).toEqual(["NETWORK_METADATA"]);
    expect(reasonsOf(on, { ...off, block_localhost: false, block_metadata_ips: false })).toEqual([]);
  });

  test("a metadata address is still link-local where only metadata may be reached", () => {
    const settings = settingsOf("network_policy", { block_metadata_ips: false });
    expect(reasonsOf({ url: "http://169.254.169.254/" }, settings)).toEqual(["NETWORK_PRIVATE"]);
  });

  test.each([
    ["https://example.com/", []],
    ["https://a.b.example.com/", []],
    ["https://EXAMPLE.com./", []],
    ["https://notexample.com/", ["NETWORK_DOMAIN"]],
    ["https://example.com.evil.org/", ["NETWORK_DOMAIN"]],
    ["https://x.example.net/", []],
    ["https://example.net/", ["NETWORK_DOMAIN"]],
    ["https://9.9.9.9/", []],
    ["https://9.9.9.10/", ["NETWORK_DOMAIN"]],
    ["https://bücher.example/", []],
    ["other.org", ["NETWORK_DOMAIN"]],
  ])("allowed_domains: %s", (url, wanted) => {
    const settings = settingsOf("network_policy", {
      allowed_domains: ["Example.com", "*.example.net", "9.9.9.9", "bücher.example"],
    });
    expect(reasonsOf({ url }, settings)).toEqual(wanted);
  });

  test("where two tiers allow what overlaps, both must list the host", () => {
    const settings = settingsOf("network_policy", { allowed_domains: ["*.example.com&api.*.com"] });
    expect(reasonsOf({ url: "https://api.example.com/" }, settings)).toEqual([]);
    expect(reasonsOf({ url: "https://www.example.com/" }, settings)).toEqual(["NETWORK_DOMAIN"]);
    expect(reasonsOf({ url: "https://api.other.com/" }, settings)).toEqual(["NETWORK_DOMAIN"]);
  });

  test("what is allowed by domain is not let into inner networks, and words are not held against the list", () => {
    const settings = settingsOf("network_policy", { allowed_domains: ["localhost", "10.0.0.1"] });
    expect(reasonsOf({ url: "http://localhost/" }, settings)).toEqual(["NETWORK_LOCALHOST"]);
    expect(reasonsOf({ url: "http://10.0.0.1/" }, settings)).toEqual(["NETWORK_PRIVATE"]);
    expect(reasonsOf({ file: "report.pdf", text: "Ask example.org about it." }, settings)).toEqual([]);
  });

  test.each([
    ["https://bad.example.com/x", ["NETWORK_DOMAIN"]],
    ["https://sub.bad.example.com/x", ["NETWORK_DOMAIN"]],
    ["https://example.com/x", []],
    ["run curl bad.example.com/x now", ["NETWORK_DOMAIN"]],
    ["https://192.0.1.77/", ["NETWORK_DOMAIN"]],
  ])("blocked_domains: %s", (text, wanted) => {
    const settings = settingsOf("network_policy", { blocked_domains: ["bad.example.com", "192.0.1.0/24"] });
    expect(reasonsOf({ text }, settings)).toEqual(wanted);
  });

  test.each([
    ["https://example.com/", []],
    ["http://example.com/", ["NETWORK_SCHEME"]],
    ["ftp://example.com/", ["NETWORK_SCHEME"]],
    ["mailto:someone@example.com", ["NETWORK_SCHEME"]],
    ["sftp://example.com/", []],
  ])("schemes: %s", (url, wanted) => {
    expect(reasonsOf({ url }, settingsOf("network_policy", { schemes: ["HTTPS", "sftp"] }))).toEqual(wanted);
  });

  test.each([
    ["https://example.com/", []],
    ["https://example.com:8443/", []],
    ["https://example.com:22/", ["NETWORK_ADDRESS"]],
    ["http://example.com/", ["NETWORK_ADDRESS"]],
    ["example.com:22", ["NETWORK_ADDRESS"]],
    ["example.com", []],
  ])("ports: %s", (url, wanted) => {
    expect(reasonsOf({ url }, settingsOf("network_policy", { ports: [443, 8_443] }))).toEqual(wanted);
  });

  test.each([
    ["https://example.com/", ["NETWORK_DOMAIN"]],
    ["8.8.8.8", ["NETWORK_DOMAIN"]],
    ["/relative", []],
  ])("air_gapped without allowed domains: %s", (url, wanted) => {
    expect(reasonsOf({ url }, settingsOf("network_policy", { air_gapped: true }))).toEqual(wanted);
  });

  test("air_gapped leaves the allowed domains", () => {
    const settings = settingsOf("network_policy", { air_gapped: true, allowed_domains: ["example.com"] });
    expect(reasonsOf({ url: "https://example.com/" }, settings)).toEqual([]);
    expect(reasonsOf({ url: "https://example.org/" }, settings)).toEqual(["NETWORK_DOMAIN"]);
  });

  test("localhost_patterns and metadata_ips take names, what is below them, addresses, networks and globs", () => {
    const settings = settingsOf("network_policy", {
      localhost_patterns: ["me.example.com", "*.dev.example.org"],
      metadata_ips: ["203.0.114.0/24", "2a00::7"],
    });
    expect(reasonsOf({ url: "https://a.me.example.com/" }, settings)).toEqual(["NETWORK_LOCALHOST"]);
    expect(reasonsOf({ url: "https://a.dev.example.org/" }, settings)).toEqual(["NETWORK_LOCALHOST"]);
    expect(reasonsOf({ url: "https://dev.example.org/" }, settings)).toEqual([]);
    expect(reasonsOf({ url: "https://203.0.114.9/" }, settings)).toEqual(["NETWORK_METADATA"]);
    expect(reasonsOf({ url: "https://[2a00:0::7]/" }, settings)).toEqual(["NETWORK_METADATA"]);
  });
});

describe("resolve_dns", () => {
  const settings = settingsOf("network_policy", { resolve_dns: true });
  const names = (args: unknown, changed = settings) =>
    networkPolicy.namesToResolve?.(beforeOf(changed, undefined, { tool: "fetch" }, args));
  const answer = (answers: Record<string, string[]>) =>
    factsOf({ addresses: new Map(Object.entries(answers)) });

  test("names each public host once, at most eight, and none that is refused anyway", () => {
    const many = Array.from({ length: 10 }, (_, index) => `https://n${index}.example.com/`);
    expect(names({ urls: many })).toHaveLength(8);
    expect(names({ url: "https://A.example.com./", b: "see https://a.example.com/x" })).toEqual([
      "a.example.com",
    ]);
    expect(names({ url: "http://localhost/", b: "https://8.8.8.8/", c: "gopher://example.com/" })).toEqual(
      [],
    );
    expect(names({ url: "https://example.com/" }, defaults)).toEqual([]);
  });

  test("pins the addresses of names that are allowed", () => {
    const outcome = judge(
      { url: "https://example.com/" },
      settings,
      answer({ "example.com": ["8.8.8.8", "2a00::1"] }),
    );
    expect(outcome).toEqual({
      notes: [],
      pinnedHosts: [{ host: "example.com", addresses: ["8.8.8.8", "2a00::1"] }],
    });
  });

  test.each([
    [["8.8.8.8", "10.0.0.5"], ["NETWORK_PRIVATE"]],
    [["::1"], ["NETWORK_LOCALHOST"]],
    [["169.254.169.254"], ["NETWORK_METADATA"]],
    [["::ffff:127.0.0.1"], ["NETWORK_LOCALHOST"]],
    [["nonsense"], ["NETWORK_ADDRESS"]],
    [[], ["DNS_UNAVAILABLE"]],
  ])("the answer %j is %j", (addresses, wanted) => {
    const facts = answer({ "example.com": addresses });
    expect(reasonsOf({ url: "https://example.com/" }, settings, facts)).toEqual(wanted);
  });

  test("no answer at all is refused", () => {
    expect(reasonsOf({ url: "https://example.com/" }, settings)).toEqual(["DNS_UNAVAILABLE"]);
  });
});

test("a string with more URLs than anyone reads is refused as unreadable", () => {
  expect(reasonsOf({ text: "https://example.com/ ".repeat(2_000) })).toEqual([]);
  expect(reasonsOf({ text: "https://example.com/ ".repeat(2_001) })).toEqual(["NETWORK_ADDRESS"]);
});

test("notes are fatal network violations and hold nothing of the arguments", () => {
  const outcome = judge({ url: "http://user:hunter2@10.0.0.1/secret" });
  expect(outcome?.notes).toEqual([
    {
      verdict: "BLOCK",
      reason: "NETWORK_PRIVATE",
      text: "Private IP access blocked",
      setting: "block_private_ips",
      violationType: "network_violation",
      fatal: true,
      evidence: [{ kind: "network_target", path: "url" }],
    },
  ]);
});
