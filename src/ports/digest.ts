/** Hashes of content. Equal text gives equal results on any machine. */
export interface Digest {
  /** 128 bits as 32 hexadecimal characters. */
  digest128(text: string): string;
}
