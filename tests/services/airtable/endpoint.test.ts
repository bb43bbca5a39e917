import fc from 'fast-check';
import { resolveEndpoint } from '../../../services/airtable/wire/endpoint';

const config = {
  apiUrl: 'http://localhost:3000',
  airtableHosts: ['airtable.example.com', '127.0.0.1:9999', '[::1]:7000'],
};

describe('where connections may go', () => {
  it.each([
    ['https://api.airtable.com', 'https://api.airtable.com', 'airtable', true],
    ['https://API.airtable.com:443/', 'https://api.airtable.com', 'airtable', true],
    ['http://localhost:3000', 'http://localhost:3000', 'engine', false],
    ['http://localhost:3000/', 'http://localhost:3000', 'engine', false],
    ['https://airtable.example.com', 'https://airtable.example.com', 'airtable', false],
    ['http://airtable.example.com', 'http://airtable.example.com', 'airtable', false],
    ['http://127.0.0.1:9999', 'http://127.0.0.1:9999', 'airtable', false],
    ['http://[::1]:7000', 'http://[::1]:7000', 'airtable', false],
  ])('%s', (url, origin, kind, checked) => {
    const contentUrl = checked ? 'https://content.airtable.com' : origin;
    expect(resolveEndpoint(config, url)).toEqual({ url: origin, contentUrl, kind, checkAddress: checked });
  });

  it.each([
    'http://api.airtable.com',
    'https://api.airtable.com:8443',
    'https://api.airtable.com.evil.example',
    'https://api.airtable.com@evil.example',
    'https://user:secret@api.airtable.com',
    'https://api.airtable.com/v0',
    'https://api.airtable.com/?x=1',
    'https://api.airtable.com.',
    'http://localhost.:3000',
    'http://localhost:3001',
    'http://127.0.0.1:3000',
    'http://127.0.0.1:9998',
    'http://0x7f000001:9998',
    'http://[::ffff:7f00:1]:9998',
    'http://169.254.169.254',
    'https://airtable.example.com:444',
    'https://sub.airtable.example.com',
    'ftp://airtable.example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'api.airtable.com',
    '',
  ])('not to %j', (url) => {
    const refused = { kind: 'Forbidden', code: 'endpoint_not_allowed' };
    expect(() => resolveEndpoint(config, url)).toThrow(expect.objectContaining(refused) as Error);
  });

  it('nor to anything else', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(() => resolveEndpoint(config, url)).toThrow();
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
