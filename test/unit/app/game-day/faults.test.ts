import { describe, expect, it } from 'vitest';
import { knownFaults } from '../../../../src/app/game-day/faults.ts';
import { shippedAlerts } from '../../../../src/app/game-day/shipped-files.ts';
import { platforms } from '../../../../src/sandbox/patients/catalogue.ts';

const faults = await knownFaults();

describe('the faults there are to practise', () => {
  it('are of every platform', () => {
    expect(new Set(faults.map(({ platform }) => platform))).toEqual(new Set(platforms.map(({ name }) => name)));
  });

  it.each(faults.map(({ platform, fault, alerts }) => [platform, fault, alerts] as const))(
    '%s: %s is told of by shipped alerts',
    (platform, _fault, alerts) => {
      const shipped = shippedAlerts().filter(({ labels }) => labels['platform'] === platform);
      expect(alerts).not.toEqual([]);
      expect(shipped.map(({ alert }) => alert)).toEqual(expect.arrayContaining([...alerts]));
    },
  );
});
