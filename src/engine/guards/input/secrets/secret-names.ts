// What the name of a field says about its value: `db_password`, `clientSecret` and `X-Auth-Token` hold secrets, `max_tokens`,
// `next_page_token`, `primary_key` and `secret_name` do not.
import { foldLetters, isAscii } from "../../../texts/text-layer.ts";
import { PROVIDERS } from "./secret-kinds.ts";

/** Words that say what a value is good for, not what it is: they are looked through at the end of a name. */
const NEUTRAL = new Set(
  "value string str text raw plain base64 b64 prod production dev staging live test new old current confirm confirmation default local main backup header param env var".split(
    " ",
  ),
);
const SECRET_WORDS = new Set(
  "password passwd pwd passphrase passcode secret token apikey credential credentials pass authorization auth authtoken accesstoken secretkey privatekey apitoken bearer pat".split(
    " ",
  ),
);
/** Words that make a key secret. */
const KEY_OWNERS = new Set(
  "api access secret private signing encryption auth account master service session admin root deploy webhook bot app application license storage shared subscription integration server hmac aes".split(
    " ",
  ),
);
/** Words that make a token harmless: positions, counts, words of a language model. */
const TOKEN_OWNERS = new Set(
  "page next prev previous continuation continue sync resume pagination paging cursor cancel cancellation csrf xsrf stop start eos bos pad mask unk special prompt completion max min num total count input output cached reasoning delta query".split(
    " ",
  ),
);
const SECRET_END = /(?:password|passwd|passphrase|secret|apikey|authtoken|accesstoken|secretkey)$/;
/** Longer names are texts. */
const NAME_MAX_LENGTH = 128;

export interface SecretName {
  /** The kind of a secret under this name. */
  readonly kind: string;
  /** A person makes it up, so it may be words. */
  readonly isPassword: boolean;
}

const HARMLESS = { secret: undefined } as const;
const remembered = new Map<string, { readonly secret: SecretName | undefined }>();
/** Names repeat; a caller that makes up new ones only empties this. */
const REMEMBERED_MAX = 2_000;

/** What a value under `name` would be; undefined where the name says nothing of a secret. */
export function findSecretName(name: string): SecretName | undefined {
  if (name.length > NAME_MAX_LENGTH) return undefined;
  const known = remembered.get(name);
  if (known !== undefined) return known.secret;
  const secret = judgeName(name);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  remembered.set(name, secret === undefined ? HARMLESS : { secret });
  return secret;
}

function judgeName(name: string): SecretName | undefined {
  const words = wordsOf(plainOf(name));
  while (words.length > 1 && isNeutral(words.at(-1) as string)) words.pop();
  const last = words.at(-1);
  const before = words.at(-2) ?? "";
  if (last === undefined || words.includes("public")) return undefined;
  const isKey = last === "key" && (KEY_OWNERS.has(before) || isOwned(words));
  if (!isKey && !SECRET_WORDS.has(last) && !SECRET_END.test(last)) return undefined;
  if (last === "token" && TOKEN_OWNERS.has(before)) return undefined;
  if ((last === "pass" || last === "pat") && words.length === 1) return undefined;
  return { kind: kindOf(words, last), isPassword: /^(?:pass|pwd)|pass(?:word|wd|phrase)$/.test(last) };
}

/** Full-width letters and those that only look like plain ones, without what is not seen. */
function plainOf(name: string): string {
  if (isAscii(name)) return name;
  const folded = foldLetters(name)?.text ?? name;
  return folded.replace(/[\u0370-\u05ff]/g, (letter) => LOOK_ALIKES.get(letter) ?? letter);
}

/** Cyrillic and Greek letters that are drawn as Latin ones. */
const LOOK_ALIKES: ReadonlyMap<string, string> = new Map(
  "аa еe оo рp сc ѕs кk тt уy хx іi ԁd ԝw αa οo ρp νv κk τt ѡw һh"
    .split(" ")
    .map((pair) => [pair.charAt(0), pair.charAt(1)]),
);

/** `mailgun_key`: a provider's key is secret without any other word. */
function isOwned(words: readonly string[]): boolean {
  return words.some((word) => PROVIDERS.has(word));
}

function kindOf(words: readonly string[], last: string): string {
  const joined = words.join("_");
  if (/aws|secret_access_key/.test(joined) && /secret/.test(joined)) return "aws_secret_access_key";
  const provider = words.find((word) => PROVIDERS.has(word));
  if (provider === undefined) return "generic_secret";
  return `${provider}_${last.endsWith("token") ? "token" : last.endsWith("secret") ? "secret" : "key"}`;
}

/** `clientSecret`, `X-Client-Secret` and `CLIENT_SECRET` are the words client, secret. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

function isNeutral(word: string): boolean {
  return NEUTRAL.has(word) || /^v?\d{1,4}$/.test(word);
}
