// Writes the JSON Schema of every kind of policy document to deploy/policies/schema.

import { writeFileSync } from "node:fs";
import { DOCUMENT_KINDS } from "../src/config/policy/documents.ts";
import { policySchema } from "../src/config/policy/schema/policy-schemas.ts";

for (const kind of DOCUMENT_KINDS) {
  const file = new URL(`../deploy/policies/schema/${kind.toLowerCase()}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify(policySchema(kind), undefined, 2)}\n`);
}
