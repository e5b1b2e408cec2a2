import { errorCatalogue } from '../../../src/errors.ts';

const intro = `# Errors

This page is made from the code (\`UPDATE_DOCS=1\` with \`test/unit/config\`); a test compares them.

Every expected failure has a code that stays the same over versions. Over HTTP it comes in a problem document (RFC 9457) as \`code\`, with
\`type\` \`urn:fixpoint:problem:<code>\`; on the command line at the end of the message, and with \`--output json\` as
\`{"code", "detail", "retryable"}\` on standard error; in runs as a step's \`error.code\`. *Retryable* means that the same request may succeed later
without anyone mending anything.

| code | status | retryable | title |
| --- | --- | --- | --- |
`;

/** `docs/errors.md`, whole. */
export function errorDocs(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, retryable, title }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${title} |\n`,
  );
  return intro + rows.join('');
}
