import { randomBytes } from 'node:crypto';
import { readConfig, type Config } from '../../services/config';
import { TEST_KEYS } from './temporal';

/** A configuration on the test servers, with Redis keys of its own. */
export function testConfig(overrides: NodeJS.ProcessEnv): Config {
  return readConfig({
    DATABASE_URL: process.env['DATABASE_URL'],
    REDIS_URL: process.env['REDIS_URL'],
    TEMPORAL_ADDRESS: process.env['TEMPORAL_ADDRESS'],
    REDIS_PREFIX: `test-${randomBytes(6).toString('hex')}:`,
    JWT_SECRET: 'a secret of the tests, and of nothing else',
    ENCRYPTION_KEYS: TEST_KEYS,
    LOG_LEVEL: 'silent',
    LATE_WRITE_SECONDS: '1',
    SETTLE_SECONDS: '1',
    DATABASE_POOL: '6',
    ...overrides,
  });
}
