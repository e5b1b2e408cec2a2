import { z } from 'zod';
import { problemOfBody } from '../value/body-problem.ts';
import { problemOfHttpPath } from '../value/http-path.ts';
import { defineCheck } from './check.ts';

const Params = z.strictObject({
  connection: z.string().min(1).describe('A connection of `http:` in fixpoint.yaml.'),
  path: z
    .string()
    .superRefine((path, issues) => {
      const problem = problemOfHttpPath(path);
      if (problem !== undefined) issues.addIssue({ code: 'custom', message: problem });
    })
    .describe('Path and query below the origin of the connection.'),
  status: z.int().min(200).max(599).default(200).describe('The status of a good answer.'),
  contains: z.string().max(1000).optional().describe('Text that the body has to contain.'),
  json: z
    .record(z.string().regex(/^(?:\/[^/]*)+$/, 'must be a JSON pointer'), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('What the JSON of a good answer has at JSON pointers: `{ /status: healthy }`.'),
  times: z.int().min(1).max(20).default(3).describe('How many answers in a row have to be good.'),
});

const perAnswer = 2000;

/** Good answers in a row, all of them asked for after the effect. */
export const http = defineCheck<z.infer<typeof Params>>({
  name: 'http',
  summary: 'A declared HTTP connection gives good answers, several in a row.',
  positive: true,
  params: Params,
  holdFor: () => 0,
  async evaluate({ connection, path, status, contains, json, times }, { http: client, now, signal }) {
    for (let asked = 1; asked <= times; asked++) {
      const answer = await client.read({ connection, method: 'GET', path, timeoutMs: perAnswer }, signal);
      if (answer.status !== status)
        return { verdict: 'failed', reason: `GET ${path} on ${connection}: HTTP ${answer.status}, expected ${status}`, sampledAt: now };
      const problem = problemOfBody(answer.body, { contains, json });
      if (problem !== undefined) return { verdict: 'failed', reason: `GET ${path} on ${connection}: ${problem}`, sampledAt: now };
    }
    return { verdict: 'passed', reason: `GET ${path} on ${connection} answered ${status}, ${times} times in a row`, sampledAt: now };
  },
});
