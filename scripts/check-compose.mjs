/**
 * Checks docker-compose.yml: with `docker compose config` where the docker CLI has compose (no engine is
 * needed), else by reading it and following its references. Says which of the two it was.
 */
import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './processes.mjs';
import { note, reportFailure, SetupError } from './progress.mjs';
import { root } from './settings.mjs';

const entries = (value) => Object.entries(value ?? {});
/** Compose writes many lists also as maps: their names, either way. */
const names = (value) => (Array.isArray(value) ? value : Object.keys(value ?? {}));

/** The variables it cannot do without: ${NAME:?why}. */
export function requiredVariables(text) {
  return [...new Set([...text.matchAll(/\$\{([A-Z0-9_]+):?\?/g)].map(([, name]) => name))];
}

/** What is wrong with the parsed file, one sentence each. */
export function findProblems(compose, dockerfile) {
  const problems = [];
  const services = compose?.services ?? {};
  if (entries(services).length === 0) return ['there are no services'];
  const stages = [...dockerfile.matchAll(/^FROM\s+\S+\s+AS\s+(\S+)/gim)].map(([, name]) => name);
  const sources = [...dockerfile.matchAll(/^COPY\s+--from=(\S+)/gim)].map(([, name]) => name);
  for (const name of sources)
    if (!stages.includes(name)) problems.push(`Dockerfile: there is no stage ${name}`);
  const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'];

  for (const [name, service] of entries(services)) {
    const wrong = (text) => problems.push(`${name}: ${text}`);
    if (!service.image && !service.build) wrong('it has neither an image nor a build');
    const target = service.build?.target;
    if (target && !stages.includes(target)) wrong(`the Dockerfile has no stage ${target}`);
    for (const other of names(service.depends_on)) {
      const condition = service.depends_on[other]?.condition;
      if (!services[other]) wrong(`it depends on ${other}, which is no service`);
      else if (condition === 'service_healthy' && !services[other].healthcheck) {
        wrong(`it waits until ${other} is healthy, which has no healthcheck`);
      }
      if (condition && !conditions.includes(condition)) wrong(`${condition} is no condition`);
    }
    for (const mount of service.volumes ?? []) {
      const source = typeof mount === 'string' ? mount.split(':')[0] : mount.source;
      if (/^[./]/.test(source)) {
        if (source.startsWith('.') && !existsSync(join(root, source))) wrong(`${source} is not there`);
      } else if (!names(compose.volumes).includes(source)) wrong(`the volume ${source} is not declared`);
    }
    for (const network of names(service.networks)) {
      if (network !== 'default' && !names(compose.networks).includes(network))
        wrong(`there is no network ${network}`);
    }
    for (const [key, value] of entries(service.environment)) {
      const literal = typeof value === 'string' && value !== '' && !value.includes('${');
      if (/(PASSWORD|PWD|SECRET|_KEYS?|TOKEN)$/.test(key) && literal)
        wrong(`${key} has a value of its own in the file`);
    }
  }
  return problems;
}

async function hasCompose() {
  if (!which('docker')) return false;
  return run('docker', ['compose', 'version']).then(
    () => true,
    () => false,
  );
}

async function main() {
  const file = process.argv[2] ?? join(root, 'docker-compose.yml');
  const text = readFileSync(file, 'utf8');
  const { parse } = await import('yaml');
  let compose;
  try {
    compose = parse(text, { merge: true });
  } catch (error) {
    throw new SetupError(`${file} is no YAML: ${error.message}`);
  }
  const problems = findProblems(compose, readFileSync(join(root, 'Dockerfile'), 'utf8'));
  if (problems.length > 0) throw new SetupError(`${file}: ${problems.join('; ')}`);
  if (await hasCompose()) {
    const env = { ...process.env };
    for (const name of requiredVariables(text)) env[name] = 'checked';
    await run('docker', ['compose', '--file', file, 'config', '--quiet'], { cwd: root, env });
    note(`${file}: checked by docker compose config, and its references by us.`);
  } else {
    note(`${file}: no docker compose here, so it was parsed and its references were checked by us only.`);
  }
}

if (process.argv[1]?.endsWith('check-compose.mjs')) {
  try {
    await main();
  } catch (error) {
    reportFailure(error);
    process.exitCode = 1;
  }
}
