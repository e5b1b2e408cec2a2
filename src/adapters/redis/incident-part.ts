import type { Store } from '../../ports/store.ts';
import type { Incident } from '../../run/incident.ts';
import { readIncident } from './read-incident.ts';
import type { Reply, Scripts } from './script.ts';

type IncidentPart = Pick<
  Store,
  'dueIncidents' | 'wakeIncident' | 'closeIncidents' | 'incident' | 'openIncident' | 'incidents' | 'acknowledge'
>;

export function incidentPart(scripts: Scripts): IncidentPart {
  return {
    dueIncidents: async (limit, hold) => (await scripts.run('due-incidents', { args: [limit, hold ?? ''] })) as string[],
    async wakeIncident(incident, at) {
      await scripts.run('wake-incident', { args: [incident, at ?? ''] });
    },
    closeIncidents: async (limit) => (await scripts.run('close-incidents', { args: [limit] })) as string[],
    incident: async (id) => readIncident(await scripts.run('get-incident', { args: [id] })),
    openIncident: async (rule, subject) => readIncident(await scripts.run('open-incident', { args: [rule, subject] })),

    async incidents({ state, rule, limit }) {
      const index = rule !== undefined ? `incs:rule:${rule}` : state === undefined ? 'incs' : `incs:${state}`;
      const found: Incident[] = [];
      for (let skip = 0; found.length < limit;) {
        const wanted = Math.min(limit - found.length, incidentsPerStep);
        const [replies, looked] = (await scripts.run('list-incidents', { args: [index, skip, state ?? '', wanted] })) as [Reply[], number];
        found.push(...replies.map(readIncident).filter((incident) => incident !== undefined));
        if (looked === 0) break;
        skip += looked;
      }
      return found;
    },

    acknowledge: async (incident, by, reason) =>
      (await scripts.run('acknowledge', { args: [incident, JSON.stringify(by), JSON.stringify(reason)] })) === 1,
  };
}

/** An incident may be as long as its hundred alerts. */
const incidentsPerStep = 50;
