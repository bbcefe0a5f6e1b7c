// Whether a value under a telling name is a secret, or a stand-in for one: a placeholder, a number, words, code.

/** What repairs write, and what people write instead of a secret. */
const STAND_IN =
  /^(?:\$(?:[({]|[A-Za-z_]\w*$)|%[({A-Za-z]|\{\{|\{[A-Za-z_]|<|\[(?:REDACTED|HASH:)|@(?:[\w.-]*\/|Microsoft|[a-z_]+$)|#\{|\*{3,}|\.{3,}|…)|x{6,}|\*{4,}|example|placeholder|change.?me|change.?it|your[._ -]|redacted|dummy|insert|to.?be.?set|undefined|process\.env|os\.environ|getenv|not.?a.?secret|^(?:null|none|nil|true|false)$/i;
/** Bits per character of a text that nobody wrote by hand start here. */
const RANDOM_BITS = 3;
/** Longer ones are documents. */
export const SECRET_MAX_LENGTH = 1_024;

export function isStandIn(value: string): boolean {
  // What a repair wrote may have been cut since.
  return STAND_IN.test(value) || /^(.)\1*$/u.test(value) || "[REDACTED]".startsWith(value);
}

/** `minLength`: of the policy. A value of a person's making needs no digit when it mixes other kinds of characters. */
export function isSecretValue(value: string, minLength: number, isPassword: boolean): boolean {
  if (value.length < minLength || value.length > SECRET_MAX_LENGTH) return false;
  if (isStandIn(value) || isHarmlessForm(value)) return false;
  if (entropyOf(value) < RANDOM_BITS) return false;
  const hasDigit = /\d/.test(value);
  if (hasDigit) return true;
  const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value);
  if (isPassword) return isMixed || /[^\w\s.-]/.test(value);
  return isMixed && entropyOf(value) >= 4;
}

/** Numbers, dates, addresses, paths, names of code: long, but no secrets. */
function isHarmlessForm(value: string): boolean {
  if (/^[\d\s.,:+-]+$/.test(value)) return true;
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?$/.test(value)) return true;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || /^(?:\.{0,2}|~)\//.test(value)) return true;
  // config.auth.token, auth_token_2, getTokenFromRequest: words that code is made of.
  if (/^[A-Za-z_][a-z_]*(?:[A-Z][a-z]+)*\d?(?:\.[A-Za-z_]+\d?)*$/.test(value)) return true;
  if (/^(?:[a-z]{2,}\d{0,2}(?:[_-][a-z]{2,}\d{0,2})+|[A-Z]{2,}\d{0,2}(?:[_-][A-Z]{2,}\d{0,2})+)$/.test(value))
    return true;
  return /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(value);
}

/** Shannon's bits per character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
