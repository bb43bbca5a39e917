/** Asks which ports are free, before anything is started on them. */
import { connect, createServer } from 'node:net';
import { SetupError } from './progress.mjs';
import { portTable } from './settings.mjs';

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

const close = (server) => new Promise((resolve) => server.close(resolve));

/** True when something accepts connections there. */
export function answers(port, host = '127.0.0.1', timeout = 1_000) {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeout, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** undefined when free, else the reason. */
async function whyBusy(port) {
  try {
    await close(await listen(port, '127.0.0.1'));
  } catch (error) {
    return error.code === 'EACCES' ? 'may not be opened by this user' : 'is in use';
  }
  return (await answers(port)) ? 'is in use' : undefined;
}

/** Throws one line that names the first port that is taken and the variable that moves it. */
export async function requireFree(ports, names) {
  for (const name of names) {
    const reason = await whyBusy(ports[name]);
    if (!reason) continue;
    const { variable, purpose } = portTable[name];
    throw new SetupError(
      `Port ${ports[name]} ${reason}, and ${purpose} needs it: ` +
        `stop what uses it, or set ${variable} to a free port.`,
    );
  }
}

/** Free ports, different from each other, one a name. */
export async function freePorts(names) {
  const servers = await Promise.all(names.map(() => listen(0, '127.0.0.1')));
  const ports = Object.fromEntries(names.map((name, i) => [name, servers[i].address().port]));
  await Promise.all(servers.map(close));
  return ports;
}
