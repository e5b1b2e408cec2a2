/** Slack's three reserved characters escaped, so that no alert can mention a channel or disguise a link. */
export function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
