import { z } from 'zod';
import { parseMatchers } from '../alert/matcher.ts';
import { messageOf } from '../errors.ts';
import { parseDuration } from '../value/duration.ts';
import { isDnsLabel, isDnsSubdomain } from '../value/name.ts';
import { parseKubernetesSecret } from './kubernetes-secret.ts';

/** Names of one's own: of sources, clusters, connections. */
export const Name = z.string().refine(isDnsLabel, 'expected a name of lower-case letters, digits and -').meta({ title: 'name' });

/** A namespace, or `-` for what is in none. */
export const NamespaceOrNone = z
  .string()
  .refine((text) => text === '-' || isDnsLabel(text), 'expected a namespace, or - for what is in none, as nodes are')
  .meta({ title: 'name' });

export const Duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'expected a duration such as 30s, 5m or 1h30m')
  .meta({ title: 'duration' });

/** Matchers in Alertmanager's syntax. */
export const MatcherText = z
  .string()
  .superRefine((text, context) => {
    try {
      parseMatchers(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  })
  .meta({ title: 'matchers' });

const places = [z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })] as const;

/** The same of what is needed before Kubernetes can be asked, and while it cannot. */
export const LocalSecretRef = z.union(places).meta({ title: 'local secret' });

/** Where a secret's text is; never the text itself. Files and Secrets of Kubernetes are read again when they change. */
export const SecretRef = z
  .union([
    ...places,
    z.strictObject({
      kubernetes: z.string().refine((text) => {
        const place = parseKubernetesSecret(text);
        return place !== undefined && isDnsLabel(place.cluster) && isDnsLabel(place.namespace) && isDnsSubdomain(place.name);
      }, 'expected namespace/name/key of a Secret, or cluster/namespace/name/key'),
    }),
  ])
  .meta({ title: 'secret' });
export type SecretRef = z.infer<typeof SecretRef>;

/** An address of a server, without credentials. */
export const Origin = z
  .url({ protocol: /^https?$/, error: 'expected an address such as http://prometheus:9090' })
  .refine((text) => !hasUserInfo(text), 'expected an address without user and password')
  .meta({ title: 'address' });

export function hasUserInfo(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.username !== '' || url.password !== '');
}
