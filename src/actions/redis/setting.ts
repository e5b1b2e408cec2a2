import { z } from 'zod';

/** Bytes of what Redis reads as a size: `100mb` and the like are powers of 1024, `100m` of 1000. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  'b': 1,
  'k': 1000,
  'kb': 1024,
  'm': 1_000_000,
  'mb': 1024 ** 2,
  'g': 1_000_000_000,
  'gb': 1024 ** 3,
};

const longestMemory = 16 * 1024 ** 4;

export function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,16})([kmg]?b?)$/i.exec(text);
  const unit = units[(match?.[2] ?? '').toLowerCase()];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** In the largest unit that says it exactly: `2gb`. */
function sizeText(bytes: number): string {
  const unit = ['gb', 'mb', 'kb'].find((name) => bytes >= (units[name] ?? 1) && bytes % (units[name] ?? 1) === 0);
  return unit === undefined ? String(bytes) : `${bytes / (units[unit] ?? 1)}${unit}`;
}

const memory = z
  .union([z.string().regex(/^\d{1,16}(?:[kmg]?b?)$/i, 'must be a size such as 512mb or 2gb'), z.int().min(0)])
  .transform(String)
  .refine((text) => (bytesOf(text) ?? Infinity) <= longestMemory, 'must be a size of at most 16384gb');

const savePoints = z
  .string()
  .regex(
    /^(?:[1-9]\d{0,8} [1-9]\d{0,8}(?: [1-9]\d{0,8} [1-9]\d{0,8}){0,9})?$/,
    'must be seconds and changes in turn, such as `900 1 300 10`, or empty',
  );

/** What may be set, in the order it is set: eviction before the bound that makes it needed. */
export const Settings = z
  .strictObject({
    'maxmemory-policy': z
      .enum([
        'noeviction',
        'allkeys-lru',
        'allkeys-lfu',
        'allkeys-random',
        'volatile-lru',
        'volatile-lfu',
        'volatile-random',
        'volatile-ttl',
      ])
      .optional(),
    'maxmemory': memory.optional(),
    'maxclients': z.int().min(10).max(1_000_000).optional(),
    'appendonly': z.enum(['yes', 'no']).optional(),
    'save': savePoints.optional(),
  })
  .refine((settings) => Object.values(settings).some((value) => value !== undefined), 'must name at least one setting');
export type Settings = z.infer<typeof Settings>;

export const settingNames = ['maxmemory-policy', 'maxmemory', 'maxclients', 'appendonly', 'save'] as const;

/** A value in the form that plans show and compare: sizes in the largest unit. */
export function settingText(name: string, value: string | number): string {
  const text = String(value);
  if (name !== 'maxmemory') return text;
  const bytes = bytesOf(text);
  return bytes === undefined ? text : sizeText(bytes);
}
