import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import express from 'express';
import { readConfig } from '../services/config';
import { openDatabase } from '../services/database/database';
import { createOperations } from '../services/operations/operations';

/** `node dist/bench/plain-http-main.js`: Express with nothing around what is compared, one process like the API. */
function main(): void {
  const config = readConfig(process.env);
  const db = openDatabase(config.databaseUrl, config.databasePool);
  const operations = createOperations(db);
  const connection = Connection.lazy({ address: config.temporalAddress });
  const temporal = new Client({ connection, namespace: config.temporalNamespace });
  const app = express();
  app.use(express.json());
  app.get('/healthz', (_req, res) => void res.json({ ok: true }));
  app.post('/start', async (_req, res) => {
    const workflowId = randomUUID();
    await temporal.workflow.start('nobodyRunsIt', { workflowId, taskQueue: 'nobody', args: [] });
    res.status(202).json({ workflowId });
  });
  app.get('/operations/:workspaceId', async (req, res) => {
    res.json({ operations: await operations.list(req.params.workspaceId, 25, undefined) });
  });
  app.listen(config.apiPort);
}

main();
