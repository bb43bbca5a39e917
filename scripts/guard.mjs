/**
 * Outlives the process that starts the servers by a few seconds: when that one is gone, however it went
 * (its end of our stdin closes), what it had started is stopped. Lines on stdin: `+PID SIGNAL` and `-PID`.
 */
import { createInterface } from 'node:readline';

const watched = new Map();
const send = (pid, signal) => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [pid, signal] = line.slice(1).split(' ');
  if (line.startsWith('+')) watched.set(Number(pid), signal);
  else watched.delete(Number(pid));
});
lines.on('close', () => {
  for (const [pid, signal] of watched) send(pid, signal);
  const until = Date.now() + 8_000;
  const look = () => {
    const left = [...watched.keys()].filter((pid) => send(pid, 0));
    if (left.length === 0) process.exit(0);
    if (Date.now() < until) return setTimeout(look, 100);
    // Each is the leader of a group of its own, so this takes its children too and nothing else.
    for (const pid of left) send(-pid, 'SIGKILL');
    process.exit(0);
  };
  look();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
