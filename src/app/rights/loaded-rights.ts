import { actions } from '../../actions/catalogue.ts';
import type { Config } from '../../config/config.ts';
import { FixpointError } from '../../errors.ts';
import { formatProblem } from '../../rule/load.ts';
import type { JsonObject } from '../../value/json.ts';
import { loadRules } from '../rulebook-shelf.ts';
import { shapes } from '../shapes.ts';
import { rbacManifests, type Account } from './rbac-manifests.ts';
import { rightsOfConfig } from './rights-of-config.ts';
import { rightsOfRules, type Rights } from './rights-of-rules.ts';

type Place = Pick<Config, 'rules' | 'remediations' | 'limits' | 'defaults' | 'auth' | 'kubernetesSecrets'>;

/** The rights that the rules and the configuration of a place need; throws `rules.invalid`. */
function loadedRights(place: Place): Rights {
  const { rulebook, problems } = loadRules(place, shapes());
  if (rulebook === undefined) throw new FixpointError('rules.invalid', problems.map(formatProblem).join('\n'));
  const limit = place.limits.mode;
  const ofRules = rightsOfRules(rulebook.rules, { actions, ...(limit === undefined ? {} : { limit }) });
  return { ...ofRules, rights: [...ofRules.rights, ...rightsOfConfig(place)] };
}

/** What kubectl applies, in one cluster. */
export function loadedManifests(
  place: Place,
  { cluster, account }: { readonly cluster: string; readonly account: Account },
): {
  readonly manifests: readonly JsonObject[];
  readonly problems: readonly string[];
  readonly clusters: readonly string[];
} {
  const { rights, problems } = loadedRights(place);
  const here = rights.filter((right) => right.cluster === cluster);
  return { manifests: rbacManifests(here, account), problems, clusters: [...new Set(rights.map((right) => right.cluster))] };
}
