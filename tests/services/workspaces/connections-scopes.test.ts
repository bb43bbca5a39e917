import { scopeOf } from '../../../services/airtable/narrowing';
import { missingNeeds, missingScopes } from '../../../services/workspaces/connection-scopes';

const BASE = 'appStandIn0000000';

describe('the scope that a call needs', () => {
  it.each([
    ['GET', `/${BASE}/tblX?pageSize=1`, 'read', 'data.records:read'],
    ['POST', `/${BASE}/tblX/listRecords`, 'read', 'data.records:read'],
    ['POST', `/${BASE}/tblX`, 'create', 'data.records:write'],
    ['DELETE', `/${BASE}/tblX?records%5B%5D=recX`, 'repeatable write', 'data.records:write'],
    ['GET', `/${BASE}/tblX/recX/comments?pageSize=1`, 'read', 'data.recordComments:read'],
    ['DELETE', `/${BASE}/tblX/recX/comments/comX`, 'repeatable write', 'data.recordComments:write'],
    ['GET', `/meta/bases/${BASE}/tables`, 'read', 'schema.bases:read'],
    ['PATCH', `/meta/bases/${BASE}/tables/tblX`, 'repeatable write', 'schema.bases:write'],
    ['GET', `/bases/${BASE}/webhooks/achX/payloads`, 'read', 'webhook:manage'],
    ['GET', `/meta/bases/${BASE}/views`, 'read', undefined],
    ['DELETE', `/meta/bases/${BASE}`, 'repeatable write', undefined],
  ] as const)('%s %s', (method, path, effect, scope) => {
    expect(scopeOf({ method, path, effect })).toBe(scope);
  });
});

describe('what a token lacks', () => {
  it('of all that is used, and of what it is switched to', () => {
    const scopes = ['data.records:read', 'schema.bases:read', 'user.email:read'];
    expect(missingScopes(scopes)).toEqual([
      'data.records:write',
      'schema.bases:write',
      'data.recordComments:read',
      'data.recordComments:write',
      'webhook:manage',
    ]);
    expect(missingNeeds(scopes, false)).toEqual([]);
    expect(missingNeeds(scopes, true)).toEqual(['data.records:write']);
  });

  it('is nothing where Airtable does not tell', () => {
    expect(missingScopes(null)).toEqual([]);
    expect(missingNeeds(null, true)).toEqual([]);
  });
});
