/** How wide the story of a run is. */
export const storyWidth = 110;

/** Broken between words into lines of at most `length`; a word that is longer has a line of its own. */
export function wrapped(text: string, length: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > length) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
