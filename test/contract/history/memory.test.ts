import { describe } from 'vitest';
import { memoryHistory } from '../../../src/adapters/history/memory-history.ts';
import { historyContract } from './history-contract.ts';

describe('history in memory', () => {
  historyContract({
    async open() {
      const history = memoryHistory();
      return { history, other: history };
    },
  });
});
