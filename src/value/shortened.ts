/** The text with at most so many characters, the last one `…` where it was longer: labels of an alert may have megabytes. */
export function shortened(text: string, most = 500): string {
  return text.length > most ? `${text.slice(0, most - 1).toWellFormed()}…` : text;
}
