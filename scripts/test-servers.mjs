/** Servers for tests: on free ports, with data in a temporary folder that goes when they stop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimDataDir } from './data-dir.mjs';
import { freePorts } from './ports.mjs';
import { note } from './progress.mjs';
import { startServers } from './servers.mjs';
import { ensureTemporalBinary } from './temporal-binary.mjs';

/** {env, dataDir, stop, keepLogs}: `env` is what tests and the processes they start need. */
export async function startTestServers({ dependencies, signal } = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'sagatable-test-'));
  let keep = false;
  const release = await claimDataDir(dataDir);
  const remove = () => {
    release();
    const folders = keep ? ['postgres', 'redis', 'temporal'].map((name) => join(dataDir, name)) : [dataDir];
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    if (keep) note(`The servers' logs are in ${join(dataDir, 'logs')}.`);
  };
  try {
    const ports = await freePorts(['api', 'temporal', 'temporalUi', 'postgres', 'redis']);
    const servers = await startServers({ dataDir, ports, durable: false, dependencies, signal });
    const env = {
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      TEMPORAL_BIN: servers.temporalBin ?? (await ensureTemporalBinary({ signal })),
      ...(servers.temporalUiUrl ? { TEMPORAL_UI_URL: servers.temporalUiUrl } : {}),
    };
    const stop = async () => {
      await servers.stop();
      remove();
    };
    return { env, dataDir, stop, keepLogs: () => (keep = true) };
  } catch (error) {
    keep = !signal?.aborted;
    remove();
    throw error;
  }
}
