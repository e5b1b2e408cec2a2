/** Whether a query is one selector of instant series with a metric's name, such as `up{job="a"}`, and nothing else. */
export function isPlainSelector(query: string): boolean {
  return /^\s*[a-zA-Z_:][a-zA-Z0-9_:]*\s*(?:\{(?:[^"'`{}]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?\s*$/s.test(query);
}
