import { expect, it } from 'vitest';
import { ApproveAll } from '../../../../src/app/game-day/approve-all.ts';
import type { GameDay } from '../../../../src/app/game-day/game-day.ts';
import { fakeService } from '../../cli/fake-service.ts';

it('says yes once to each question: a run that asks about another rung, or again after it went on, is another', async () => {
  await using service = await fakeService({ 'POST /api/v1/runs/r-1/approve': { body: {} } });
  const approved: string[] = [];
  const person = new ApproveAll({ service } as unknown as GameDay, (run) => void approved.push(run));
  const asks = (reason: string) => [
    { id: 'r-1', phase: 'awaiting-approval', reason },
    { id: 'r-2', phase: 'applying', reason: '' },
  ];
  await person.look(asks('rung 1'));
  await person.look(asks('rung 1'));
  expect(approved).toEqual(['r-1']);
  await person.look(asks('rung 2'));
  await person.look([]);
  await person.look(asks('rung 2'));
  expect(approved).toEqual(['r-1', 'r-1', 'r-1']);
  const said = { reason: expect.stringContaining('the game day') as string };
  expect(service.asked.map(({ body }) => body)).toEqual([said, said, said]);
});

it('asks again for what was not taken', async () => {
  await using service = await fakeService({});
  const person = new ApproveAll({ service } as unknown as GameDay, () => undefined);
  const waiting = [{ id: 'r-1', phase: 'awaiting-approval', reason: 'rung 1' }];
  await expect(person.look(waiting)).rejects.toThrow('404');
  await expect(person.look(waiting)).rejects.toThrow('404');
});
