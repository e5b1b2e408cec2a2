/** `*` stands for any characters but `/`. */
export function matchesPattern(pattern: string, target: string): boolean {
  const wanted = pattern.split('/');
  const given = target.split('/');
  return wanted.length === given.length && wanted.every((part, index) => matchesPart(part, given[index] ?? ''));
}

function matchesPart(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return head === text;
  if (!text.startsWith(head)) return false;
  const tail = rest.pop() ?? '';
  let position = head.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, position);
    if (found < 0) return false;
    position = found + piece.length;
  }
  return text.length - tail.length >= position && text.endsWith(tail);
}
