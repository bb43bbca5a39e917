/** The three servers, set up and started side by side; used by `npm start`, `npm test` and jest. */
import { ensureSecrets } from './data-dir.mjs';
import { requireFree } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { together } from './progress.mjs';
import { startRedis } from './redis.mjs';
import { ensureTemporalBinary } from './temporal-binary.mjs';
import { startTemporal } from './temporal.mjs';

/** Which ports are ours to open: not those of servers that the environment names. */
export function portsNeeded(env) {
  const names = [];
  if (!env.TEMPORAL_ADDRESS) names.push('temporal', 'temporalUi');
  if (!env.DATABASE_URL) names.push('postgres');
  if (!env.REDIS_URL) names.push('redis');
  return names;
}

/**
 * Starts PostgreSQL, Redis and Temporal, but for those that `env` has an address of.
 * `dataDir` must be claimed (data-dir.mjs). `dependencies` is a promise of the npm packages, when they may
 * still be missing. `durable: false` is for data that is thrown away. When one fails, all are stopped.
 */
export async function startServers({
  dataDir,
  ports,
  env = process.env,
  durable = true,
  dependencies = Promise.resolve(),
  signal,
}) {
  await requireFree(ports, portsNeeded(env));
  const secrets = ensureSecrets(dataDir);
  const running = [];
  const failing = new AbortController();
  const stopping = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
  const shared = { dataDir, secrets, durable, running, dependencies, signal: stopping };
  /** Stops what was started here, the newest first, and nothing else. */
  const stop = async () => {
    for (const server of running.splice(0).reverse()) await server.stop();
  };
  const postgres = async () => {
    await dependencies;
    return startPostgres({ ...shared, url: env.DATABASE_URL, port: ports.postgres });
  };
  const binary = env.TEMPORAL_ADDRESS ? undefined : ensureTemporalBinary({ signal: stopping });
  const temporal = () => {
    const namespace = env.TEMPORAL_NAMESPACE || 'default';
    return startTemporal({ ...shared, address: env.TEMPORAL_ADDRESS, binary, ports, namespace });
  };
  try {
    const redis = startRedis({ ...shared, url: env.REDIS_URL, port: ports.redis });
    const results = await together(failing, [redis, postgres(), temporal()]);
    const { databaseUrl, redisUrl, temporalAddress, temporalUiUrl } = Object.assign({}, ...results);
    return {
      databaseUrl,
      redisUrl,
      temporalAddress,
      temporalUiUrl,
      temporalBin: await binary,
      secrets,
      running,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
