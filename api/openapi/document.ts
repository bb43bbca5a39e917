import { z } from 'zod';
import { OPERATIONS } from '../operation-view';
import { PARTIAL_ANSWERS, ROUTES, type RouteEntry } from './reads';

const Problem = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'A sentence for the person who must act' },
    code: { type: 'string', description: 'Stable; for programs' },
    instance: { type: 'string' },
  },
};

const problem = {
  description: 'A problem (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const jsonOf = (schema: z.ZodType, io: 'input' | 'output') => ({
  'application/json': {
    schema: z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }),
  },
});

function describeRoute(r: RouteEntry): Record<string, unknown> {
  const names = [...r.path.matchAll(/:(\w+)/g)].map((m) => m[1] ?? '');
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(r.query ?? []).map((name) => ({ name, in: 'query', required: false, schema: { type: 'string' } })),
  ];
  const success = r.events
    ? { description: 'Server-sent events', content: { 'text/event-stream': { schema: { type: 'string' } } } }
    : { description: r.summary, ...(r.response ? { content: jsonOf(r.response, 'output') } : {}) };
  return {
    tags: [r.tag],
    summary: r.summary,
    ...(parameters.length ? { parameters } : {}),
    ...(r.body ? { requestBody: { required: true, content: jsonOf(r.body, 'input') } } : {}),
    security: r.public ? [] : [{ bearer: [] }],
    responses: { [String(r.status ?? 200)]: success, default: problem },
  };
}

/** What a route that starts an operation answers where nothing was started yet. */
function describePartly(answer: { summary: string; response: z.ZodType } | undefined) {
  return answer && { '200': { description: answer.summary, content: jsonOf(answer.response, 'output') } };
}

const parametersOf = (entry: Record<string, unknown>): readonly unknown[] =>
  Array.isArray(entry['parameters']) ? entry['parameters'] : [];

/** The same for an operation: its route, schemas and permission come from its definition. */
function describeOperation(
  spec: (typeof OPERATIONS)[number],
): { path: string; method: string; entry: Record<string, unknown> } | undefined {
  if (spec.route === null) return undefined;
  const [method = '', path = ''] = spec.route.split(' ');
  const body = method === 'POST' ? { body: spec.input } : {};
  const entry = describeRoute({
    method: 'post',
    path,
    tag: 'Operations',
    summary: spec.title,
    response: spec.output,
    status: method === 'POST' ? 201 : 200,
    ...body,
    public: spec.scope === null,
  });
  return {
    path,
    method: method.toLowerCase(),
    entry: {
      ...entry,
      operationId: spec.name,
      description: `Runs as a durable operation${spec.scope === null ? '' : `; needs the scope \`${spec.scope}\``}. Answers with its result when it ends within \`Prefer: wait=N\` (2 s by default, 10 at most), else 202 and where to look. The same Idempotency-Key with the same body returns the stored outcome.`,
      parameters: [
        ...parametersOf(entry),
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: 255 },
        },
        { name: 'Prefer', in: 'header', required: false, schema: { type: 'string' }, example: 'wait=10' },
      ],
      responses: {
        ...(typeof entry['responses'] === 'object' ? entry['responses'] : {}),
        '202': { description: 'Accepted: it goes on; see Location' },
        ...describePartly(PARTIAL_ANSWERS[spec.name]),
      },
    },
  };
}

/** OpenAPI 3.1, derived from the operation definitions and the list of plain routes. */
export function describeApi(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const add = (path: string, method: string, entry: Record<string, unknown>) => {
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method]: entry };
  };
  for (const route of ROUTES) add(route.path, route.method, describeRoute(route));
  for (const spec of OPERATIONS) {
    const described = describeOperation(spec);
    if (described) add(described.path, described.method, described.entry);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sagatable',
      version: '1',
      description: 'Durable, reviewable and reversible changes to Airtable bases.',
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem }, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}
