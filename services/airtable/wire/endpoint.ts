import { promises as dns } from 'node:dns';
import { SagatableError } from '../../../contracts/errors';
import type { Config } from '../../config';
import { isPublicAddress } from '../../files/public-address';

/** Where a connection's requests go: `url` is what `/v0/…` is put behind. */
export interface Endpoint {
  readonly url: string;
  readonly kind: 'engine' | 'airtable';
  /** False where the operator named the host: then the address is the operator's business. */
  readonly checkAddress: boolean;
}

type EndpointConfig = Pick<Config, 'apiUrl' | 'airtableHosts'>;
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

/**
 * Decides whether a connection may go to `url`: api.airtable.com over https, the engine (config.apiUrl), or a host
 * the operator lists (`host` for the default port, else `host:port`; http only there). Throws Forbidden
 * `endpoint_not_allowed` for everything else, whatever it is, so that the answer tells nothing about a network.
 */
export function resolveEndpoint(config: EndpointConfig, url: string): Endpoint {
  const asked = parseOrigin(url);
  const engine = config.apiUrl.replace(/\/$/, '');
  if (url.replace(/\/$/, '') === engine) return { url: engine, kind: 'engine', checkAddress: false };
  if (asked) {
    if (asked.protocol === 'https:' && asked.host === 'api.airtable.com') {
      return { url: asked.origin, kind: 'airtable', checkAddress: true };
    }
    if (config.airtableHosts.some((listed) => listed.toLowerCase() === asked.host)) {
      return { url: asked.origin, kind: 'airtable', checkAddress: false };
    }
  }
  throw new SagatableError(
    'Forbidden',
    'Connections may go to https://api.airtable.com or to a host that the operator of this server lists in AIRTABLE_HOSTS.',
    { code: 'endpoint_not_allowed' },
  );
}

/** An http(s) origin and nothing else: no user, path, query or fragment. */
function parseOrigin(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && !url.username && !url.password && url.pathname === '/' && !url.search && !url.hash;
  return plain && /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * Refuses an endpoint whose name leads to an address that is not a public one. It is asked before the request, not
 * on the connected socket (Node's fetch takes no look-up of ours), so a name that changes in between passes; that
 * gap leads nowhere, because the only host that is checked is reached over https, whose certificate must be its own.
 * Throws Forbidden `endpoint_not_allowed`, or Unavailable `unreachable` when the name is not known.
 */
export async function checkAddress(endpoint: Endpoint, lookup: Lookup = lookupAll): Promise<void> {
  if (!endpoint.checkAddress) return;
  const host = new URL(endpoint.url).hostname;
  const found = await lookup(host).catch(() => []);
  if (!found.length) {
    throw new SagatableError(
      'Unavailable',
      `The name ${host} could not be looked up: the network or its name server is not available.`,
      { code: 'unreachable' },
    );
  }
  if (!found.every(({ address }) => isPublicAddress(address))) {
    throw new SagatableError('Forbidden', `The name ${host} leads to an address that is not a public one.`, {
      code: 'endpoint_not_allowed',
    });
  }
}

const lookupAll: Lookup = (host) => dns.lookup(host, { all: true });
