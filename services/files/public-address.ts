import { promises as dns } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { SagatableError } from '../../contracts/errors';

/** All addresses of a name. */
export type LookupAll = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** The system's own look-up. */
export const lookupAll: LookupAll = (host) => dns.lookup(host, { all: true });

/** Global unicast of IPv6: what is assigned to the public lies in it and nowhere else. Source: RFC 4291, 2.4. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Whether an address is one of the public internet, in whatever form it is written: false for loopback, private, link-local,
 * carrier and every other special range, also where IPv6 wraps IPv4.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(GLOBAL_UNICAST);
}

/** Throws Forbidden `address_not_allowed` for a host that is an address and not a public one; names pass. */
export function refuseClosedLiteral(hostname: string): void {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0 && !isPublicAddress(bare)) throw addressNotAllowed();
}

/**
 * A look-up for sockets that fails with Forbidden `address_not_allowed` when a name leads to any address that is not
 * public. It is asked while connecting, so what was checked is what is connected to.
 */
export function openLookup(lookup: LookupAll): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (found) => {
        const [first] = found;
        if (!first) callback(new Error(`${hostname} has no address`), '', 0);
        else if (!found.every(({ address }) => isPublicAddress(address)))
          callback(addressNotAllowed(), '', 0);
        else if (options.all) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function addressNotAllowed(): SagatableError {
  return new SagatableError('Forbidden', 'The address is not one of the public internet.', {
    code: 'address_not_allowed',
  });
}
