import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { FixpointError } from '../../errors.ts';

/** Link-local, cloud metadata and unspecified addresses: no service to remediate lives there, credentials of machines do. */
const refused = new BlockList();
refused.addSubnet('0.0.0.0', 8, 'ipv4');
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addAddress('100.100.100.200', 'ipv4');
refused.addAddress('168.63.129.16', 'ipv4');
refused.addAddress('192.0.0.192', 'ipv4');
refused.addAddress('::', 'ipv6');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('fd00:ec2::', 32, 'ipv6');
refused.addAddress('fd20:ce::254', 'ipv6');
// Link-local addresses of IPv4 as a NAT64 gateway or 6to4 would reach them; IPv4-mapped ones the list sees through by itself.
refused.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
refused.addSubnet('2002:a9fe::', 32, 'ipv6');

const refusedNames = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal']);

/** Whether a host (a name, or an address without brackets) is one that is never called. */
export function isRefusedHost(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return refusedNames.has(host.toLowerCase().replace(/\.$/, ''));
  return refused.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/** All addresses of a name, as `dns.lookup` with `all` gives them. */
export type ResolveName = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** Resolves a name and refuses the request if any of its addresses is one that is refused; what was checked is what is connected to. */
export function checkedLookup(resolve: ResolveName = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const bad = addresses.find(({ address }) => isRefusedHost(address));
      const [first] = addresses;
      if (bad !== undefined || first === undefined) {
        callback(
          new FixpointError('http.refused', `${hostname} resolves to ${bad?.address ?? 'nothing'}, an address that is never called`),
          '',
          0,
        );
      } else if (options.all === true) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
