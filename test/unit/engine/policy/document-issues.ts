import { formatPolicyPath, type PolicyDocument } from "../../../../src/domain/policy/document.ts";
import { checkDocument } from "../../../../src/engine/policy/check-document.ts";

interface Under {
  readonly baseline?: PolicyDocument;
  readonly file?: PolicyDocument;
}

/** Everything that is wrong with a document, as `path: what is wrong`. */
export function issuesOf(document: PolicyDocument, { baseline, file }: Under = {}): readonly string[] {
  const found: string[] = [];
  for (const issue of checkDocument(document, { baseline, file }))
    if (issue !== undefined) found.push(`${formatPolicyPath(issue.path)}: ${issue.message}`);
  return found;
}
