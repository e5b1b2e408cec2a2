/** Commands that change nothing, with their subcommand where only some of those read. */
const reading = new Set([
  'PING',
  'INFO',
  'TIME',
  'ROLE',
  'DBSIZE',
  'LASTSAVE',
  'XLEN',
  'XRANGE',
  'ACL WHOAMI',
  'ACL DRYRUN',
  'CONFIG GET',
  'XINFO GROUPS',
  'COMMAND GETKEYS',
  'CLUSTER INFO',
  'CLUSTER NODES',
  'CLUSTER KEYSLOT',
]);

export function isReading([name = '', subcommand = '']: readonly string[]): boolean {
  return reading.has(name.toUpperCase()) || reading.has(`${name} ${subcommand}`.toUpperCase());
}
