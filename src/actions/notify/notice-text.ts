import { z } from 'zod';
import { secretNamesIn } from '../../value/secret-marker.ts';

const withoutSecrets = (text: string) => secretNamesIn(text).length === 0;

export const NoticeTitle = z
  .string()
  .min(1)
  .max(300)
  .refine(withoutSecrets, 'must not hold a secret: people are told it')
  .describe('One line.');
export const NoticeText = z
  .string()
  .max(4000)
  .refine(withoutSecrets, 'must not hold a secret: people are told it')
  .default('')
  .describe('More of it.');
