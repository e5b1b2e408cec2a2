import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { FixpointError } from '../../errors.ts';

/** Link-local, cloud metadata and unspecified addresses: no service to remediate lives there, credentials of machines do. */
const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addSubnet('0.0.0.0', 8, 'ipv4');
refused.addAddress('100.100.100.200', 'ipv4');
refused.addAddress('192.0.0.192', 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('fd00:ec2::', 32, 'ipv6');
refused.addAddress('::', 'ipv6');
// The same behind NAT64.
refused.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
refused.addAddress('fd20:ce::254', 'ipv6');

export function isRefusedAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return refused.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** Resolves a name and refuses the request if any of its addresses is one that is refused; what was checked is what is connected to. */
export const checkedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0);
      return;
    }
    const bad = addresses.find(({ address }) => isRefusedAddress(address));
    const [first] = addresses;
    if (bad !== undefined || first === undefined) {
      callback(new FixpointError('http.refused', `${hostname} resolves to ${bad?.address ?? 'nothing'}, an address that is never called`), '', 0);
    } else if (options.all === true) {
      callback(null, addresses);
    } else {
      callback(null, first.address, first.family);
    }
  });
};
