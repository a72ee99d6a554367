import { type LookupAddress, type LookupAllOptions, lookup as lookupHost } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';

/** To which addresses a client may connect. */
export interface ConnectionGuard {
  readonly permits: (address: string) => boolean;
  /** All addresses of a name, in the form of `dns.lookup`; asked once for each connection. */
  readonly resolve: (
    hostname: string,
    options: LookupAllOptions,
    callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
  ) => void;
}

/**
 * What no address on the public internet begins with (IANA IPv4 Special-Purpose Address Registry, RFC 6890; class D
 * and E), and the one address in public space at which a cloud answers its own machines about themselves.
 */
const SPECIAL_IPV4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
];

/**
 * Of IPv6 only global unicast is public (RFC 4291 §2.4), which leaves out loopback, link-local, unique local and
 * multicast addresses, and those that stand for IPv4 ones: mapped, and by NAT64 (RFC 6052).
 */
const GLOBAL_IPV6 = '2000::/3';
/** Within it: protocol assignments with Teredo, documentation (RFC 3849, 9637), and 6to4, which holds IPv4 addresses. */
const SPECIAL_IPV6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const GLOBAL = networks([GLOBAL_IPV6]);
const SPECIAL = networks([...SPECIAL_IPV4, ...SPECIAL_IPV6]);

/**
 * Permits the public internet: what a stranger names as an address must not lead to this machine or the network that
 * it stands in.
 *
 * @param allowed further networks that an operator trusts with it: `10.1.0.0/16`, or one address.
 * @throws SheafError `SHEAF_USAGE` for what is neither.
 */
export function publicNetwork(
  allowed: readonly string[] = [],
  resolve: ConnectionGuard['resolve'] = lookupHost,
): ConnectionGuard {
  const trusted = networks(allowed);
  return { permits: (address) => isIn(trusted, address) || isPublic(address), resolve };
}

function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !isIn(SPECIAL, address);
  return isIn(GLOBAL, address) && !isIn(SPECIAL, address);
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits, ...rest] = text.split('/');
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
    if (family === 0 || rest.length > 0 || !(prefix <= most)) {
      throw new SheafError('SHEAF_USAGE', `${quote(text)} is neither an address nor a network.`, {
        hint: 'Write an address such as 10.1.2.3, or a network such as 10.1.0.0/16.',
      });
    }
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/**
 * Resolves names for the sockets themselves: what is judged here is what is connected to, so that a name which
 * answers differently a moment later (DNS rebinding) gains nothing. One bad address of several refuses the name.
 */
export function guardedLookup(guard: ConnectionGuard): LookupFunction {
  return (hostname, options, callback) => {
    guard.resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const [first] = addresses;
      const isRefused = addresses.some(({ address }) => !guard.permits(address));
      if (first === undefined || isRefused) return callback(notPublic(hostname), '', 0);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

/** The refusal for an address that stands in the URL itself, which no name server is asked about; else undefined. */
export function refusedLiteral(guard: ConnectionGuard, hostname: string): SheafError | undefined {
  return isIP(hostname) !== 0 && !guard.permits(hostname) ? notPublic(hostname) : undefined;
}

/** Says nothing of the address: what a name stands for inside a network is nobody else's business. */
function notPublic(hostname: string): SheafError {
  return new SheafError('SHEAF_NETWORK', `${quote(hostname)} is not on the public internet.`, {
    hint: 'Publish the file where everybody can fetch it; whoever runs a closed registry names its network with --allow-network.',
    details: { reason: 'not-public' },
  });
}
