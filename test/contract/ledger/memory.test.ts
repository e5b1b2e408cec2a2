import { describe } from 'vitest';
import { memoryLedger } from '../../../src/adapters/memory/memory-ledger.ts';
import { ledgerContract } from './ledger-contract.ts';
import { start, type LedgerUnderTest } from './ledger-under-test.ts';
import { notesContract } from './notes-contract.ts';

describe('the ledger in memory', () => {
  const open = async (): Promise<LedgerUnderTest> => {
    let time = start;
    const ledger = memoryLedger(() => time);
    const setTime = (ms: number): void => {
      time = ms;
    };
    return { ledger, other: ledger, setTime, advance: (ms) => setTime(time + ms) };
  };
  ledgerContract(open);
  notesContract(open);
});
