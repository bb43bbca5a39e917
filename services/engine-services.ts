import type { Redis } from 'ioredis';
import type { Config } from './config';
import type { Database } from './database/database';
import type { KeyRing } from './encryption';
import { createAttachmentFetching } from './engine/attachments/attachment-fetching';
import { collectGarbage } from './engine/attachments/collect-garbage';
import { createDownloadLinks } from './engine/attachments/download-links';
import { createBackground, type Background } from './engine/background';
import { createEngine } from './engine/engine';
import { createImitation } from './engine/imitation/imitation';
import { createPings } from './engine/webhooks/pings';
import { removeOldWebhooks } from './engine/webhooks/remove-old';
import { createFiles } from './files/files';
import { createGuardedFetch } from './files/guarded-fetch';
import { createPictures } from './files/pictures';

interface Parts {
  readonly db: Database;
  readonly redis: Redis;
  readonly keyRing: KeyRing;
  /** `apiUrl` is where people reach the engine: download links lead there. */
  readonly config: Pick<Config, 'apiUrl' | 'jwtSecret' | 'fetchHosts' | 'redisPrefix'>;
  /** Hears of failures of work that nobody waits for; it is tried again. */
  readonly report: (error: unknown) => void;
}

/** The engine and what works for it: files, downloads, the work that its writes leave behind, imitation of Airtable's limits. */
export function createEngineServices({ db, redis, keyRing, config, report }: Parts) {
  const clock = { now: () => new Date() };
  const links = createDownloadLinks({ url: config.apiUrl, secret: config.jwtSecret });
  const engine = createEngine({ clock, links });
  const files = createFiles(db);
  const guardedFetch = createGuardedFetch({ fetchHosts: config.fetchHosts });
  const pings = createPings({ db, fetch: guardedFetch, clock, keyRing, report });
  const fetching = createAttachmentFetching({
    db,
    files,
    fetch: guardedFetch,
    links,
    makePictures: createPictures(),
    engine,
    clock,
    onCommitted: (effects) => effects.forEach((effect) => background.nudge(effect)),
    report,
  });
  const background: Background = createBackground(
    {
      // Neither is waited for: a slow source or receiver must not keep the others waiting.
      attachments: async () => void fetching.processPending().catch(report),
      notifications: async () => void pings.deliverDue().catch(report),
    },
    report,
  );
  return {
    engine,
    keyRing,
    files,
    guardedFetch,
    downloads: { db, files, links, clock },
    background,
    /** Removes files that no cell holds and webhooks that expired long ago. */
    async collectGarbage(): Promise<void> {
      await collectGarbage({ db, clock });
      await removeOldWebhooks(db, clock.now());
    },
    /** Takes on nothing more; resolves when nothing runs in the background any more. */
    async settle(): Promise<void> {
      await background.settle();
      // What vanishes leaves pings to be sent.
      await fetching.close();
      await pings.settle();
    },
    imitation: createImitation({ db, redis, config, clock }),
  };
}
