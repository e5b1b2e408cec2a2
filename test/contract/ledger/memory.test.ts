import { describe } from 'vitest';
import { memoryLedger } from '../../../src/adapters/memory/memory-ledger.ts';
import { ledgerContract, start } from './ledger-contract.ts';

describe('the ledger in memory', () => {
  ledgerContract(async () => {
    let time = start;
    const ledger = memoryLedger(() => time);
    const setTime = (ms: number): void => {
      time = ms;
    };
    return { ledger, other: ledger, setTime, advance: (ms) => setTime(time + ms) };
  });
});
