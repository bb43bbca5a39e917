import type { Tx } from '../../database/database';
import { parseBody } from '../body';
import { readSettings, removeSettings, saveSettings } from './settings-rows';
import { ImitationSettings } from './settings';

/** The switch of a base or token: its settings, or null when it is off. */
export interface ImitationState {
  readonly imitation: ImitationSettings | null;
}

/** How the switch of a base or token stands. */
export async function getImitation(tx: Tx, workspaceId: string, subject: string): Promise<ImitationState> {
  return { imitation: await readSettings(tx, workspaceId, subject) };
}

/** Switches imitation on; what the body leaves out is as Airtable has it. Throws EngineError for a body that is not valid. */
export async function setImitation(
  tx: Tx,
  workspaceId: string,
  subject: string,
  body: unknown,
): Promise<ImitationState> {
  const imitation = parseBody(ImitationSettings, body ?? {});
  await saveSettings(tx, workspaceId, subject, imitation);
  return { imitation };
}

/** Switches imitation off. Calls counted so far stay counted for when it is switched on again. */
export async function removeImitation(tx: Tx, workspaceId: string, subject: string): Promise<ImitationState> {
  await removeSettings(tx, workspaceId, subject);
  return { imitation: null };
}
