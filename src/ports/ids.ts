/** Where new ids come from; unique for the life of a file. */
export interface Ids {
  /** A short text id for one decision. */
  decisionId(): string;
  approvalId(): string;
}
