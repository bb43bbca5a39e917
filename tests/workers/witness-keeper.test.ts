import pino from 'pino';
import { startWitnessKeeper } from '../../workers/witness-keeper';
import { createWitnessWorld, type WitnessWorld } from '../services/witness/witness-world';
import { pollUntil } from '../support/poll';

let world: WitnessWorld;
beforeAll(async () => {
  world = await createWitnessWorld();
}, 60_000);
afterAll(() => world.close());

const logger = pino({ level: 'silent' });

it('two keepers poll what is due, each change once, and stop', async () => {
  await world.witness.watch(world.ref, 5);
  await world.server.database.admin.query('UPDATE base_watches SET due_at = now()');
  const stops = [world.witness, world.another()].map((witness) => startWitnessKeeper({ witness, logger }));
  const made = await world.films(5);
  const stream = await pollUntil('the changes', async () => {
    const seen = await world.stream();
    return seen.length >= made.length && seen;
  });
  expect(stream.map(({ recordId }) => recordId)).toEqual(made);
  for (const stop of stops) stop();
  await pollUntil('the end of the last round', async () => {
    const { rows } = await world.server.database.admin.query(
      'SELECT 1 FROM base_watches WHERE claim IS NULL',
    );
    return rows.length === 1;
  });
});
