import type { Database } from '../../database/database';
import { readAllSettings } from './settings-rows';
import type { ImitationSettings } from './settings';

/** How old what a process knows of the switches may be: so long a change made in another process may take. */
const FRESH_MS = 1_000;
/** Workspaces remembered; the one asked for longest ago goes first. */
const WORKSPACES_KEPT = 1_000;

type Settings = Promise<ReadonlyMap<string, ImitationSettings>>;

export interface Switches {
  /** The switches of a workspace, by base or token id. Throws what the database throws. */
  of(workspaceId: string): Settings;
  /** The next question is answered by the database again. */
  forget(workspaceId: string): void;
}

/** Remembers the switches for a second: a process asks for them once a second and workspace at most, whatever its traffic. */
export function createSwitches(db: Pick<Database, 'tenant'>, now: () => number): Switches {
  const known = new Map<string, { readonly askedAt: number; readonly settings: Settings }>();
  return {
    of(workspaceId) {
      const remembered = known.get(workspaceId);
      if (remembered && now() - remembered.askedAt < FRESH_MS) return remembered.settings;
      const settings = db.tenant(workspaceId, (tx) => readAllSettings(tx, workspaceId));
      // A failure is not remembered; whoever waits for it hears of it.
      settings.catch(() => known.delete(workspaceId));
      known.delete(workspaceId);
      known.set(workspaceId, { askedAt: now(), settings });
      const oldest = known.size > WORKSPACES_KEPT ? known.keys().next().value : undefined;
      if (oldest !== undefined) known.delete(oldest);
      return settings;
    },
    forget: (workspaceId) => void known.delete(workspaceId),
  };
}
