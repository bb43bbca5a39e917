import { randomBytes } from 'node:crypto';
import { ALL_SCOPES } from '../contracts/scopes';
import { readConfig } from '../services/config';
import { createServices } from '../services/create-services';
import { newId } from '../services/ids';

/**
 * `node dist/chaos/airtable-main.js`: makes a workspace with two people in what plays Airtable, and prints their tokens as
 * one line of JSON. The product works with the one; the other is a person who edits the same bases, told apart in the log.
 */
async function main(): Promise<void> {
  const services = createServices(readConfig(process.env));
  const { db, registrations, workspaces, members, personalTokens } = services;
  const workspaceId = newId('workspace');
  try {
    const [product, human] = await db.system(async (tx) => {
      await workspaces.insertWorkspace(tx, { workspaceId, name: 'Chaos' });
      const made = [];
      for (const name of ['product', 'human']) {
        const passwordHash = randomBytes(32).toString('hex');
        const person = { email: `${name}@example.com`, passwordHash, name };
        const { registrationId, userId } = await registrations.stageRegistration(tx, person);
        await registrations.insertUser(tx, registrationId);
        await registrations.insertProfile(tx, registrationId);
        await members.insertOwner(tx, { workspaceId, userId });
        const { view, token } = await personalTokens.create(tx, {
          userId,
          workspaceId,
          name,
          scopes: ALL_SCOPES,
          expiresInDays: 7,
        });
        made.push({ id: view.id, token });
      }
      return made;
    });
    console.log(JSON.stringify({ workspaceId, product, human }));
  } finally {
    await services.close();
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
