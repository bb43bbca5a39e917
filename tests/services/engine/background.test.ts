import { createBackground } from '../../../services/engine/background';

/** A piece of work that waits to be let go. */
function gate() {
  const waiting: (() => void)[] = [];
  return {
    calls: () => waiting.length,
    work: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: () => waiting.at(-1)?.(),
  };
}

test('a nudge while the work runs has it done once more, however many there were', async () => {
  const attachments = gate();
  const background = createBackground(
    { attachments: attachments.work, notifications: async () => undefined },
    () => undefined,
  );
  background.nudge('attachments');
  background.nudge('attachments');
  background.nudge('attachments');
  expect(attachments.calls()).toBe(1);
  const settled = background.settle();
  attachments.open();
  await Promise.resolve();
  while (attachments.calls() < 2) await Promise.resolve();
  attachments.open();
  await settled;
  expect(attachments.calls()).toBe(2);
});

test('a failure is reported and keeps nothing else from being done', async () => {
  const failures: unknown[] = [];
  let sent = 0;
  const background = createBackground(
    { attachments: () => Promise.reject(new Error('no')), notifications: async () => ++sent },
    (error) => failures.push(error),
  );
  await background.runAll();
  await background.runAll();
  expect({ sent, failures: failures.map(String) }).toEqual({ sent: 2, failures: ['Error: no', 'Error: no'] });
});
