/** Where things are and on which ports: read from the environment and from `.env`, checked once. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './progress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Each port with the variable that moves it, its default, and what it is for. */
export const portTable = {
  api: { variable: 'API_PORT', fallback: 3000, purpose: 'the API and the review page' },
  temporal: { variable: 'TEMPORAL_PORT', fallback: 7233, purpose: 'Temporal' },
  temporalUi: { variable: 'TEMPORAL_UI_PORT', fallback: 8233, purpose: "Temporal's Web UI" },
  postgres: { variable: 'POSTGRES_PORT', fallback: 15432, purpose: 'PostgreSQL' },
  redis: { variable: 'REDIS_PORT', fallback: 6379, purpose: 'Redis' },
};

/** Stops with one clear line where Node is too old for what follows. */
export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `Node.js 20.19 or newer is needed and this is ${version}: install it from nodejs.org.`,
  );
}

/** Takes over `.env`; what the environment already says wins. */
export function loadDotEnv(file = join(root, '.env')) {
  if (existsSync(file)) process.loadEnvFile(file);
}

function readPort(env, { variable, fallback }) {
  const text = env[variable]?.trim();
  if (!text) return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new SetupError(`${variable} is "${text}": it must be a port number from 1 to 65535.`);
}

export function readSettings(env = process.env) {
  const ports = {};
  for (const [name, entry] of Object.entries(portTable)) ports[name] = readPort(env, entry);
  const seen = new Map();
  for (const [name, port] of Object.entries(ports)) {
    const other = seen.get(port);
    if (other) {
      throw new SetupError(
        `${portTable[other].variable} and ${portTable[name].variable} are both ${port}: give each its own port.`,
      );
    }
    seen.set(port, name);
  }
  return { root, ports, dataDir: resolve(root, env.DATA_DIR?.trim() || '.data') };
}
