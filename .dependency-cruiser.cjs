/** Imports point one way: contracts <- all; workflows -> contracts (and types of activities);
 *  activities -> services; api -> operation definitions, services; workers -> workflows, activities. */
const rooms = [
  'contracts',
  'workflows',
  'activities',
  'services',
  'api',
  'workers',
  'temporal-config',
  'bench',
  'chaos',
  'tests',
  'scripts',
];
const allow = (from, to, extra = {}) => ({
  name: `${from}-imports-only-${['itself', ...to].join('-')}`,
  severity: 'error',
  from: { path: `^${from}/` },
  to: { path: `^(${rooms.filter((r) => r !== from && !to.includes(r)).join('|')})/`, ...extra },
});
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    allow('contracts', []),
    {
      name: 'contracts-import-zod-and-nothing-else',
      severity: 'error',
      from: { path: '^contracts/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/zod/' },
    },
    allow('workflows', ['contracts'], { dependencyTypesNot: ['type-only'] }),
    {
      name: 'workflows-need-types-of-activities-only',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^(services|api|workers|temporal-config)/' },
    },
    {
      name: 'workflows-import-no-node-built-ins',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { dependencyTypes: ['core'] },
    },
    allow('services', ['contracts']),
    {
      name: 'services-know-neither-temporal-nor-express',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: 'node_modules/(@temporalio|express)/' },
    },
    allow('activities', ['contracts', 'services']),
    allow('temporal-config', ['contracts', 'services']),
    allow('api', ['contracts', 'services', 'workflows', 'temporal-config']),
    allow('workers', ['contracts', 'services', 'workflows', 'activities', 'temporal-config']),
    allow('bench', ['contracts', 'workflows', 'activities', 'services', 'temporal-config']),
    allow('chaos', ['contracts', 'services']),
    {
      name: 'what-judges-the-product-shares-no-code-with-it',
      severity: 'error',
      from: { path: '^chaos/', pathNot: '^chaos/airtable-main' },
      to: { path: '^(contracts|services)/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
