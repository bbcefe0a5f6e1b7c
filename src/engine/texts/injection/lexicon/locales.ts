import { ARABIC_PERSIAN_HEBREW, CHINESE, JAPANESE, KOREAN, SOUTH_ASIAN, SOUTH_EAST_ASIAN } from "./asian.ts";
import type { Lexicon } from "./concepts.ts";
import { CONDUCT, ENGLISH_CONDUCT } from "./conduct.ts";
import { ENGLISH } from "./english.ts";
import {
  DUTCH,
  FRENCH,
  GERMAN,
  ITALIAN,
  OTHER_EUROPEAN,
  POLISH_CZECH,
  PORTUGUESE,
  RUSSIAN_UKRAINIAN,
  SCANDINAVIAN,
  SPANISH,
} from "./european.ts";

export const ENGLISH_LEXICONS: readonly Lexicon[] = [ENGLISH, ENGLISH_CONDUCT];

/**
 * Instruction override, prompt leaks and secrets are found in all of these languages; the rest is looked for in English alone:
 * ar bg bn cs da de el en es fa fi fr he hi hr hu id it ja ko ms nb nl pl pt ro ru sr sv sw ta th tl tr uk ur vi zh.
 */
export const LEXICONS: readonly Lexicon[] = [
  ...ENGLISH_LEXICONS,
  GERMAN,
  FRENCH,
  SPANISH,
  PORTUGUESE,
  ITALIAN,
  DUTCH,
  SCANDINAVIAN,
  POLISH_CZECH,
  RUSSIAN_UKRAINIAN,
  OTHER_EUROPEAN,
  CHINESE,
  JAPANESE,
  KOREAN,
  ARABIC_PERSIAN_HEBREW,
  SOUTH_ASIAN,
  SOUTH_EAST_ASIAN,
  ...CONDUCT,
];
