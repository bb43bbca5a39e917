import { createServices } from '../../services/create-services';
import { testConfig } from '../support/config';

test('download links lead to where people reach the engine, not to where its own processes do', async () => {
  const config = testConfig({ API_URL: 'https://sagatable.example', ENGINE_URL: 'http://api:3000' });
  const services = createServices(config);
  const url = services.downloads.links.urlOf({
    workspaceId: 'ws_1',
    baseId: 'app00000000000000',
    attachmentId: 'att00000000000000',
    size: 'original',
    filename: 'a.txt',
    now: new Date('2026-03-01T12:00:00.000Z'),
  });
  await services.close();
  expect(url).toMatch(/^https:\/\/sagatable\.example\/v0\/files\//);
});
