import { Socket, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { lookupAll, openLookup, refuseClosedLiteral, type LookupAll } from '../../files/public-address';

/** How long connecting may take, TLS included, before a request that waits for it is given up. */
const CONNECT_MS = 10_000;

export interface ConnectorParts {
  /** True for hosts whose every address must be a public one; it is looked at while connecting, not before. */
  readonly checkAddress: boolean;
  /** Who answers for names: the system unless given. */
  readonly lookup?: LookupAll | undefined;
  /** Holds every socket from its first moment until it is closed, so that all can be closed. */
  readonly sockets: Set<Socket>;
  /** From when it has fired nothing is connected any more. */
  readonly closing: AbortSignal;
}

/**
 * How the pools of undici connect: names answered by `lookup`, addresses checked, sockets counted. A connection to a
 * closed address fails with Forbidden `address_not_allowed`.
 */
export function createConnector(parts: ConnectorParts): buildConnector.connector {
  const { checkAddress, sockets, closing } = parts;
  const lookup = lookupOf(parts);
  const dial = buildConnector({ timeout: CONNECT_MS, ...(lookup ? { lookup } : {}) });
  return function connect(options, callback) {
    try {
      closing.throwIfAborted();
      // A host that is an address is never looked up.
      if (checkAddress) refuseClosedLiteral(options.hostname);
    } catch (error) {
      callback(error instanceof Error ? error : new Error('closed'), null);
      return;
    }
    // undici gives the socket back at once, which its types do not tell: a test closes one that never connects.
    const socket: unknown = dial(options, callback);
    if (!(socket instanceof Socket)) return;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
}

/** Undefined for the system's own look-up without a check. */
function lookupOf({ checkAddress, lookup }: ConnectorParts): LookupFunction | undefined {
  if (checkAddress) return openLookup(lookup ?? lookupAll);
  return lookup ? plainLookup(lookup) : undefined;
}

const plainLookup =
  (lookup: LookupAll): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname).then(
      (found) => {
        const [first] = found;
        if (!first) callback(new Error('the name has no address'), '', 0);
        else if (options.all) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
