import { expect, it } from 'vitest';
import { isLoopback } from '../../../src/app/listen.ts';

it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s is this machine alone', (host) => expect(isLoopback(host)).toBe(true));

it.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '127.0.0.1.example.com',
  '127.example',
  '127.1',
  'localhost.example',
  '::ffff:10.0.0.1',
  '1.127.0.0',
  '',
])('%s may be reached by others', (host) => expect(isLoopback(host)).toBe(false));
