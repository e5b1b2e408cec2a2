import { z } from 'zod';
import { problemOfHttpPath } from '../../value/http-path.ts';
import { naming } from '../parameter-use.ts';

export const HttpPath = z.string().superRefine((path, context) => {
  const problem = problemOfHttpPath(path);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

export const HttpConnection = naming(
  'http',
  z
    .string()
    .regex(/^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/, 'must be the name of a connection under `http:` in fixpoint.yaml')
    .describe('A connection of `http:` in fixpoint.yaml; addresses are never written into rules.'),
);

export const JsonPointer = z.string().regex(/^(?:\/[^/]*)+$/, 'must be a JSON pointer');
