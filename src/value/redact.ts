const secretName =
  /pass(word|wd|phrase)?|pwd|masterauth|secret|token(?!s)|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|authorization$/i;

/** What stands in place of something that may be a credential. */
export const hidden = '(hidden)';

/** Whether a name (of a variable, key or header) is one that credentials have. */
export function looksSecret(name: string): boolean {
  return secretName.test(name);
}

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[-A-Za-z0-9._~+/]{8,}=*/gi, `$1 ${hidden}`],
  // Passwords in addresses: `postgres://user:password@host`.
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,100}):[^\s/@]{1,500}@/gi, `$1:${hidden}@`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, hidden],
  [
    /(["']?\b[\w.-]{0,40}(?:password|passwd|passphrase|secret|token(?!s)|credential|api[-_]?key|private[-_]?key|access[-_]?key)[\w.-]{0,40}["']?\s{0,3}[:=]\s{0,3})("[^"\r\n]*"|'[^'\r\n]*'|[^\s,;&"']+)/gi,
    `$1${hidden}`,
  ],
  // The short forms, which are words of other meaning as well: `DB_PASS=x`, `Pwd=x`, `"pass": "x"`.
  [
    /(["']?\b[\w.-]{0,40}(?:pwd["']?\s{0,3}[:=]|pass["']?\s{0,3}=|[_.-]pass["']?\s{0,3}:|pass["']\s{0,3}:)\s{0,3})("[^"\r\n]*"|'[^'\r\n]*'|[^\s,;&"']+)/gi,
    `$1${hidden}`,
  ],
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,8192}?(-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, hidden],
];

/** The text without what looks like a credential. It is a net, not a promise: whoever logs secrets should stop. */
export function redactText(text: string): string {
  return patterns.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}
