import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classifyTool, strongerOf } from "../../../../../src/engine/guards/effects/classify-tool.ts";
import { wordsOf } from "../../../../../src/engine/names/name-words.ts";
import { settingsOf } from "../guard-fixture.ts";

const settings = settingsOf("side_effect");

describe("classifyTool by words", () => {
  test.each([
    ["get_user", "read_only"],
    ["create_user", "write"],
    ["update_user", "write"],
    ["delete_user", "destructive"],
    ["get_settings", "read_only"],
    ["list_dropdowns", "read_only"],
    ["getUserById", "read_only"],
    ["DeleteUser", "destructive"],
    ["purge-queue", "destructive"],
    ["HTTPGet", "read_only"],
    ["db.truncate", "destructive"],
    ["orders.list", "read_only"],
    ["post.get", "read_only"],
    ["get_post", "read_only"],
    ["get_or_create_user", "write"],
    ["fetch_and_delete", "destructive"],
    ["get_deleted_users", "read_only"],
    ["remove2fa", "destructive"],
    ["remove_2fa", "destructive"],
    ["frobnicate", "write"],
    ["", "write"],
    ["search_direct_flight", "read_only"],
    ["book_reservation", "write"],
    ["github.create_issue", "write"],
    ["ÉDITER", "write"],
  ])("%s is %s", (tool, wanted) => {
    expect(classifyTool(settings, tool, undefined)).toBe(wanted);
  });
});

describe("classifyTool by the old rule", () => {
  const substring = settingsOf("side_effect", { classification: "substring" });
  test.each([
    ["get_settings", "write"],
    ["list_dropdowns", "destructive"],
    ["get_user", "read_only"],
    ["deleted", "destructive"],
    ["frobnicate", "write"],
  ])("%s is %s", (tool, wanted) => {
    expect(classifyTool(substring, tool, undefined)).toBe(wanted);
  });
});

test("the catalogue comes first, then the strictest pattern that matches, then the name", () => {
  const mapped = settingsOf("side_effect", {
    classifications: { "db.*": "destructive", "db.get": "read_only", delete_draft: "write" },
  });
  const entry = { name: "db.get", side_effect: "write" } as const;
  expect(classifyTool(mapped, "db.get", entry)).toBe("write");
  expect(classifyTool(mapped, "db.get", { name: "db.get" })).toBe("destructive");
  expect(classifyTool(mapped, "delete_draft", undefined)).toBe("write");
  expect(classifyTool(mapped, "delete_user", undefined)).toBe("destructive");
});

test("whatever else stands in the name, a destructive word is heard", () => {
  const word = fc.constantFrom("get", "user", "list", "settings", "and", "v2", "post");
  fc.assert(
    fc.property(
      fc.array(word),
      fc.array(word),
      fc.constantFrom("_", "-", ".", "/"),
      (before, after, joint) => {
        const tool = [...before, "purge", ...after].join(joint);
        expect([tool, classifyTool(settings, tool, undefined)]).toEqual([tool, "destructive"]);
      },
    ),
  );
});

test("the stronger of two classes is the later one", () => {
  expect(strongerOf("read_only", "write")).toBe("write");
  expect(strongerOf("destructive", "write")).toBe("destructive");
});

test.each([
  ["getHTTPSettings", ["get", "http", "settings"]],
  ["get_http-settings", ["get", "http", "settings"]],
  ["Ünïcode.caseName2Go", ["ünïcode", "case", "name", "2", "go"]],
  ["__x__", ["x"]],
])("words of %s", (name, wanted) => {
  expect(wordsOf(name)).toEqual(wanted);
});
