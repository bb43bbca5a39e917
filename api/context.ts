import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../services/config';
import type { Services } from '../services/create-services';

/** What every door is given. */
export interface ApiContext {
  readonly config: Config;
  readonly services: Services;
  readonly temporal: Client;
  readonly logger: Logger;
  /** Where people reach Temporal's Web UI: behind our sign-in. */
  readonly uiUrl: string;
}
