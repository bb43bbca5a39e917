import { SagatableError } from '../../../contracts/errors';
import type { Config } from '../../config';

/** Where a connection's requests go: `url` is what `/v0/…` is put behind. */
export interface Endpoint {
  readonly url: string;
  readonly kind: 'engine' | 'airtable';
  /** Where attachments are uploaded. */
  readonly contentUrl: string;
  /**
   * Whether the host's address must be a public one, which is looked at while connecting. False where the operator
   * named the host: then the address is the operator's business.
   */
  readonly checkAddress: boolean;
}

type EndpointConfig = Pick<Config, 'apiUrl' | 'airtableHosts'>;

/** Source: Airtable Web API, upload attachment. */
const AIRTABLE_CONTENT = 'https://content.airtable.com';

/**
 * Decides whether a connection may go to `url`: api.airtable.com over https, the engine (config.apiUrl), or a host
 * the operator lists (`host` for the default port, else `host:port`; http only there). Throws Forbidden
 * `endpoint_not_allowed` for everything else, whatever it is, so that the answer tells nothing about a network.
 */
export function resolveEndpoint(config: EndpointConfig, url: string): Endpoint {
  const asked = parseOrigin(url);
  const engine = config.apiUrl.replace(/\/$/, '');
  if (url.replace(/\/$/, '') === engine) {
    return { url: engine, contentUrl: engine, kind: 'engine', checkAddress: false };
  }
  if (asked) {
    if (asked.protocol === 'https:' && asked.host === 'api.airtable.com') {
      return { url: asked.origin, contentUrl: AIRTABLE_CONTENT, kind: 'airtable', checkAddress: true };
    }
    if (config.airtableHosts.some((listed) => listed.toLowerCase() === asked.host)) {
      return { url: asked.origin, contentUrl: asked.origin, kind: 'airtable', checkAddress: false };
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
