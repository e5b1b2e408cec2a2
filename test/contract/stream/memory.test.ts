import { MemoryStream } from '../../../src/sandbox/patients/safety-system/memory-stream.ts';
import { describeStream } from './stream-contract.ts';

describeStream('that is counted', () => {
  const stream = new MemoryStream();
  return Promise.resolve({ stream, whenIdle: () => Promise.resolve(), close: () => stream.close() });
});
