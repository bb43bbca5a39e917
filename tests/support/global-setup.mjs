/** For `npx jest` alone: starts the servers, unless the environment (`npm test`, a person) names them. */
import { startTestServers } from '../../scripts/test-servers.mjs';

export default async function globalSetup() {
  const { DATABASE_URL, REDIS_URL, TEMPORAL_ADDRESS } = process.env;
  if (DATABASE_URL && REDIS_URL && TEMPORAL_ADDRESS) return;
  const servers = await startTestServers();
  Object.assign(process.env, servers.env);
  globalThis.sagatableTestServers = servers;
}
